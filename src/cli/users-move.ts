import { createReadStream, rmSync, statSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { ImportSummary, RefusedUser, TotpServer } from '../server/index.ts'
import { filePath, reasonOf, StartError } from '../server/node/index.ts'
import { command, type Options, UsageError, type Values } from './command.ts'
import { dataOptions, say } from './common.ts'
import { eventLog, logOptions } from './event-log.ts'
import { ifStopped } from './if-stopped.ts'
import { outputFile } from './output-file.ts'
import { toReader } from './users-look.ts'
import { withServer } from './with-server.ts'

const importOptions = {
  'dry-run': { type: 'boolean', about: 'checks every line, and writes nothing' },
  'skip-bad': {
    type: 'boolean',
    about: 'imports the good lines even if others are rejected; the exit code is still 1',
  },
  'renew-recovery-codes': {
    type: 'boolean',
    about: 'leaves recovery codes out: all users are prompted to make new ones',
  },
  json: { type: 'boolean', about: 'prints rejected lines and the summary as JSON, one object a line' },
  ...dataOptions,
  ...logOptions,
} as const satisfies Options

const exportOptions = {
  force: { type: 'boolean', about: 'replaces an existing file, or writes to a terminal' },
  ...dataOptions,
  ...logOptions,
} as const satisfies Options

const TOLD_EACH = 1000
const WRITTEN_AT_ONCE = 64 * 1024

/** Imports users from another system, or from an export. */
export const usersImport = command({
  name: 'users import',
  takes: 'FILE',
  summary:
    'import authenticators and passkeys from another system, a line of JSON per user; - reads standard input',
  options: importOptions,
  more: 'All lines are checked first, and nothing is written if one is rejected. It is safe while servers run, can be run again\nafter an interruption, and logs a line for each user. docs/moving.md describes the lines.',
  async run(values: Values, [given]: readonly string[] = []) {
    if (given === undefined) throw new UsageError('Name the file: totp-flow users import FILE')
    const lines = await linesOf(given)
    const isJson = values.json === true
    const isDry = values['dry-run'] === true
    return withServer(values, async (server) => {
      const told = new Set<number>()
      const onRefused = ({ line, reason }: RefusedUser) => {
        if (told.has(line)) return
        told.add(line)
        if (isJson) process.stdout.write(`${JSON.stringify({ line, reason })}\n`)
        else say(`line ${line} ${reason}`)
      }
      let total = 0
      const pass = (dryRun: boolean) => {
        const tell = everyThousand((done) => say(dryRun ? `checked: ${done}` : `done: ${done} of ${total}`))
        return server.importUsers(lines(), {
          dryRun,
          renewRecoveryCodes: values['renew-recovery-codes'] === true,
          onRefused,
          onProgress({ done }) {
            total = Math.max(total, done)
            tell(done)
          },
        })
      }
      const checked = await pass(true)
      if (checked.imported + checked.alreadyThere + checked.refused === 0)
        throw new StartError(`There is no user in ${given === '-' ? 'standard input' : given}.`)
      const isStopped = isDry || (checked.refused > 0 && values['skip-bad'] !== true)
      const summary = isStopped
        ? checked
        : await ifStopped(
            () => say(`Importing stopped. ${GO_ON}`),
            () => pass(false).catch(interrupted),
          )
      if (isJson) process.stdout.write(`${JSON.stringify({ written: !isStopped, ...summary })}\n`)
      else for (const line of inWords(summary, isStopped)) say(line)
      if (isStopped && !isDry)
        say('Nothing was imported. Correct these lines, or give --skip-bad to import the others.')
      return summary.refused > 0 ? 1 : 0
    })
  },
})

const GO_ON = 'What was imported stays; run the same command again to continue.'
function interrupted(cause: unknown): never {
  throw new StartError(`Importing stopped (${reasonOf(cause)}). ${GO_ON}`, { cause })
}

function everyThousand(tell: (done: number) => void): (done: number) => void {
  let next = TOLD_EACH
  return (done) => {
    if (done < next) return
    tell(done)
    next = done - (done % TOLD_EACH) + TOLD_EACH
  }
}

function inWords(summary: ImportSummary, isDry: boolean): string[] {
  const { imported, pending, alreadyThere, refused, shortSecrets } = summary
  const { withRecoveryCodes, withoutRecoveryCodes, withPasskeys } = summary
  const passkeys = withPasskeys > 0 ? `; with passkeys: ${withPasskeys}` : ''
  return [
    `${isDry ? 'To be imported' : 'Imported'}: ${imported} (pending: ${pending}; with recovery codes: ${withRecoveryCodes}; to be asked for new ones: ${withoutRecoveryCodes}${passkeys})`,
    `Already there: ${alreadyThere}`,
    `Refused: ${refused}`,
    ...(shortSecrets > 0
      ? [
          `Secrets of less than 128 bits: ${shortSecrets}. They work, but these users should enroll again some day.`,
        ]
      : []),
  ]
}

/** Opens a file so that its lines can be read repeatedly; keeps input that can be read only once in memory. */
async function linesOf(given: string): Promise<() => AsyncGenerator<string>> {
  const file = given === '-' ? undefined : filePath(given, 'FILE')
  const unreadable = (cause: unknown): never => {
    throw new StartError(`Cannot read ${file ?? 'standard input'} (${reasonOf(cause)}). Correct it.`, {
      cause,
    })
  }
  try {
    if (file !== undefined && statSync(file).isFile()) {
      await (await open(file)).close()
      return () => linesIn(createReadStream(file))
    }
    const kept: Buffer[] = []
    for await (const chunk of file === undefined ? process.stdin : createReadStream(file))
      kept.push(Buffer.from(chunk))
    return () => linesIn(Readable.from(kept))
  } catch (cause) {
    return unreadable(cause)
  }
}

async function* linesIn(input: Readable): AsyncGenerator<string> {
  let isFirst = true
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    yield isFirst ? line.replace(/^\ufeff/, '') : line
    isFirst = false
  }
}

/** Exports all users, with secrets in the clear. */
export const usersExport = command({
  name: 'users export',
  takes: 'FILE',
  summary:
    'write all authenticators and passkeys to a file, SECRETS IN THE CLEAR; - writes to standard output',
  options: exportOptions,
  more: 'Anyone who has the file can compute the codes of all users: keep it as safe as the master key, and delete it after the import.\nThe export is safe while servers run, and leaves a line in the log.',
  async run(values: Values, [given]: readonly string[] = []) {
    if (given === undefined) throw new UsageError('Name the file to write: totp-flow users export FILE')
    if (given === '-') {
      if (process.stdout.isTTY && values.force !== true)
        throw new UsageError('The secrets would be shown on this terminal. Name a file, or give --force.')
      // Every line on standard output is a user, so the log goes to standard error.
      return withServer(values, (server) => exportTo(server, toReader), eventLog(values, process.stderr))
    }
    const file = outputFile(values, given)
    return withServer(values, (server) => exportToFile(server, file))
  },
})

/** Writes the file readable by its owner only, and whole or not at all. */
async function exportToFile(server: TotpServer, file: string): Promise<number> {
  const part = `${file}.${process.pid}.part`
  const leave = () => {
    rmSync(part, { force: true })
    say('Exporting stopped. No file was made.')
  }
  return ifStopped(leave, async () => {
    try {
      const handle = await open(part, 'wx', 0o600)
      let code: number
      try {
        code = await exportTo(server, async (text) => (await handle.write(text)).bytesWritten >= 0)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(part, file)
      say(
        `${file} holds their secrets in the clear: anyone who reads it can compute their codes. Delete it after the import.`,
      )
      return code
    } catch (cause) {
      await rm(part, { force: true })
      throw new StartError(`The export was not made (${reasonOf(cause)}).`, { cause })
    }
  })
}

/** Exports all users through `write`, which resolves to whether its reader is still there. */
async function exportTo(server: TotpServer, write: (text: string) => Promise<boolean>): Promise<number> {
  let [count, unopened, text] = [0, 0, '']
  const onUnopened = () => {
    unopened += 1
  }
  for await (const user of server.exportUsers({ onUnopened })) {
    text += `${JSON.stringify(user)}\n`
    count += 1
    if (count % (10 * TOLD_EACH) === 0) say(`exported: ${count}`)
    if (text.length < WRITTEN_AT_ONCE) continue
    if (!(await write(text))) return 0
    text = ''
  }
  if (!(await write(text))) return 0
  say(`Exported: ${count}`)
  if (unopened === 0) return 0
  say(
    `Left out, since no given master key opens them: ${unopened}. Add their key back as the last one, and export again.`,
  )
  return 1
}

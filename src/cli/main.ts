import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { backup } from './backup.ts'
import { type Command, given, UsageError } from './command.ts'
import { doctor } from './doctor.ts'
import { inWords } from './in-words.ts'
import { keysRotate } from './keys-rotate.ts'
import { migrate } from './migrate.ts'
import { restore } from './restore.ts'
import { serve } from './serve.ts'
import { usersEndSessions, usersRename, usersReset, usersUnlock } from './users.ts'
import { usersList, usersShow } from './users-look.ts'
import { usersExport, usersImport } from './users-move.ts'

export const commands: readonly Command[] = [
  serve,
  keysRotate,
  usersList,
  usersShow,
  usersUnlock,
  usersReset,
  usersEndSessions,
  usersRename,
  usersImport,
  usersExport,
  migrate,
  backup,
  restore,
  doctor,
]

const overview = () => `totp-flow: the authenticator-app (TOTP) step of an app, as a server

${commands.map(({ name, summary }) => `  totp-flow ${name.padEnd(18)} ${summary}`).join('\n')}

Run totp-flow <command> --help for its options, and for the environment variables that set them.
npx statescope shows what a flow does, in a page on this machine.
`

/** Runs the command that `argv` names; resolves to the exit code. */
export async function main(argv: string[]): Promise<number> {
  if (argv[0] === 'help' && argv.length > 1) return main([...argv.slice(1), '--help'])
  const words = argv.filter((word) => !word.startsWith('-'))
  if (argv[0] === '--version' || argv[0] === '-v') {
    process.stdout.write(`${await version()}\n`)
    return 0
  }
  const command = commands.find(({ name }) => name.split(' ').every((word, index) => words[index] === word))
  if (!command) {
    const isQuestion =
      argv.length === 0 || argv.includes('--help') || argv.includes('-h') || words[0] === 'help'
    process[isQuestion ? 'stdout' : 'stderr'].write(
      isQuestion
        ? overview()
        : `There is no command "${argv.slice(0, 2).map(given).join(' ')}". ${suggestion(words[0])}\n`,
    )
    return isQuestion ? 0 : 2
  }
  const args = [...argv]
  for (const word of command.name.split(' ')) args.splice(args.indexOf(word), 1)
  const { values, positionals } = parse(command, args)
  if (values.help) {
    process.stdout.write(command.help())
    return 0
  }
  // The rest of an id that has spaces, and no quotes: what comes before may be the id of somebody else.
  if (positionals.length > (command.takes?.split(' ').length ?? 0)) {
    throw new UsageError(
      `totp-flow ${command.name} takes ${command.takes}, and no word more. Put quotes around what has spaces.`,
    )
  }
  for (const name of unknownVariables(process.env))
    process.stderr.write(
      `${name} is unknown to totp-flow. Correct its name: totp-flow ${command.name} --help\n`,
    )
  try {
    return await command.run(values, positionals)
  } catch (error) {
    throw inWords(error)
  }
}

const KNOWN = new Set([
  'TOTP_FLOW_MASTER_KEY',
  ...commands.flatMap(({ options }) => Object.values(options).map(({ env }) => env)),
])
/** The variables that Kubernetes sets in every container for a service named `totp-flow…`. */
const OF_A_SERVICE = /_SERVICE_(?:HOST|PORT)|_PORT(?:_\d|$)/

/** Finds misspelled variables, which would be ignored silently and leave a restriction off. */
const unknownVariables = (env: NodeJS.ProcessEnv): string[] =>
  Object.keys(env).filter(
    (name) => name.startsWith('TOTP_FLOW_') && !KNOWN.has(name) && !OF_A_SERVICE.test(name),
  )

/** Suggests the commands that begin with the same word. */
function suggestion(word = ''): string {
  if (word === 'inspect') return 'The viewer is a package of its own: npx statescope'
  const near = commands
    .filter(({ name }) => name.startsWith(`${word} `))
    .map(({ name }) => `totp-flow ${name}`)
  return word !== '' && near.length > 0 ? `Use ${near.join(', ')}.` : 'See totp-flow --help'
}

/** Reads the version from package.json, which is one folder further up from the built file. */
async function version(): Promise<string> {
  for (const path of ['../../package.json', '../../../package.json']) {
    const text = await readFile(new URL(path, import.meta.url), 'utf8').catch(() => null)
    if (text !== null) return String(JSON.parse(text).version)
  }
  return 'unknown'
}

function parse(command: Command, args: string[]) {
  try {
    return parseArgs({
      args,
      options: { ...command.options, help: { type: 'boolean', short: 'h' } },
      strict: true,
      allowPositionals: command.takes !== undefined,
    })
  } catch (cause) {
    const said = cause instanceof Error ? cause.message.split('. ')[0] : undefined
    const isShown = said !== undefined && given(said) === said
    throw new UsageError(
      `${isShown ? said : 'An argument was not expected'}. See totp-flow ${command.name} --help`,
    )
  }
}

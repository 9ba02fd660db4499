import type { MasterKeys } from '../server/index.ts'
import { addMasterKey, reasonOf, StartError } from '../server/node/index.ts'
import { command, type Options, UsageError, type Values } from './command.ts'
import { createServer, type Data, dataOptions, nobody, openData, readyOrSay, say } from './common.ts'
import { eventLog, logOptions } from './event-log.ts'

const options = {
  master: {
    type: 'boolean',
    about:
      'rotates the master key instead: puts a new one first in the key file, and reseals everything stored with it',
  },
  resume: {
    type: 'boolean',
    about: 'with --master: continues after an interruption, without adding a key',
  },
  'at-once': {
    type: 'boolean',
    about: 'signs with the new signing key at once, not ten minutes after publishing it',
  },
  'revoke-old': {
    type: 'boolean',
    about:
      'for a leaked signing key: rejects all tokens signed until now, on running servers within a minute',
  },
  ...dataOptions,
  ...logOptions,
} as const satisfies Options

export const keysRotate = command({
  name: 'keys rotate',
  summary: 'replace the signing key, or the master key',
  options,
  more: 'Servers keep running, and load the new key by themselves. With TOTP_FLOW_MASTER_KEY, first list the new key before the old one\non every server; then --master reseals everything with it. See docs/keys.md.',
  async run(values: Values) {
    if (values.resume && !values.master) {
      throw new UsageError('--resume needs --master. Give both, or leave it out.')
    }
    if (values.master && (values['revoke-old'] || values['at-once'])) {
      throw new UsageError('--at-once and --revoke-old are for signing keys. Rotate them without --master.')
    }
    const onEvent = eventLog(values)
    const data = await openData(values, say)
    try {
      return values.master
        ? await rotateMaster(values, data, onEvent)
        : await rotateSigning(values, data, onEvent)
    } finally {
      await data.store.close()
    }
  },
})

type OnEvent = ReturnType<typeof eventLog>

async function rotateSigning(values: Values, data: Data, onEvent: OnEvent): Promise<number> {
  const server = createServer(values, data, { identity: nobody, onEvent })
  await readyOrSay(server)
  const { kid, signsFrom, dropped } = await server.rotateSigningKey({
    revokeOld: values['revoke-old'] === true,
    atOnce: values['at-once'] === true || values['revoke-old'] === true,
  })
  say(`New signing key ${kid}, which signs from ${new Date(signsFrom).toISOString()}.`)
  for (const old of dropped) say(`Dropped ${old}.`)
  return 0
}

async function rotateMaster(values: Values, data: Data, onEvent: OnEvent): Promise<number> {
  const { file, keys, current } = data.masterKey
  if (file === undefined && !values.resume && holdsAlone(keys, current)) {
    throw new UsageError(
      'TOTP_FLOW_MASTER_KEY has only one key, so there is nothing to rotate to. First put a new key before it, with a comma between, on every server: docs/keys.md.',
    )
  }
  // The given keys must be the right ones before anything changes.
  await readyOrSay(createServer(values, data, { identity: nobody }))
  if (file !== undefined && !values.resume) {
    addMasterKey(file)
    say(`Put a new master key first in ${file}. Keep a copy.`)
  }
  const server = createServer(values, data, { identity: nobody, onEvent })
  try {
    const { done: count, unopened } = await server.reseal(({ done, total }) =>
      say(`resealed: ${done} of ${total}`),
    )
    if (unopened > 0) {
      say(
        `Resealed: ${count}. Not opened by any of the given keys: ${unopened}. They stay as they are, and their users cannot verify. Add their key back as the last one, and run this again with --resume; see docs/keys.md.`,
      )
      return 1
    }
    say(`Resealed: ${count}. Once every server has the new master key, the old one is no longer needed.`)
    say('Wait a minute, then check with totp-flow doctor that nothing is still sealed by the old one.')
    return 0
  } catch (cause) {
    throw new StartError(
      `Resealing stopped (${reasonOf(cause)}). Nothing is lost: keep both keys, and run totp-flow keys rotate --master --resume.`,
      { cause },
    )
  }
}

/** A function of the keys would read a file. */
const holdsAlone = (keys: MasterKeys, key: string): boolean =>
  typeof keys === 'string' && keys.split(/[\s,]+/).every((one) => one === '' || one === key)

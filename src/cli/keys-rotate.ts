import { addMasterKey, reasonOf, StartError } from '../server/node/index.ts'
import { command, type Options, UsageError, type Values } from './command.ts'
import { createServer, type Data, dataOptions, nobody, openData, readyOrSay, say } from './common.ts'
import { eventLog, logOptions } from './event-log.ts'

const options = {
  master: {
    type: 'boolean',
    about:
      'the master key instead: puts a new one first in the key file, and reseals under it all that is stored',
  },
  resume: {
    type: 'boolean',
    about: 'with --master: adds no key, but seals on under the first one, after an interruption',
  },
  'at-once': {
    type: 'boolean',
    about: 'the new signing key signs at once, not ten minutes after it was published',
  },
  'revoke-old': {
    type: 'boolean',
    about: 'for a signing key that got out: all tokens signed before are refused from now on',
  },
  ...dataOptions,
  ...logOptions,
} as const satisfies Options

export const keysRotate = command({
  name: 'keys rotate',
  summary: 'put a new signing key, or a new master key, in the place of the old one',
  options,
  more: 'Servers go on meanwhile, and notice by themselves. With TOTP_FLOW_MASTER_KEY, list the new key before the old one\non every server first; then --master reseals everything under it. docs/keys.md tells more.',
  async run(values: Values) {
    if (values.resume && !values.master) {
      throw new UsageError('--resume goes with --master. Give both, or leave it out.')
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
  // Before anything is changed: the keys at hand must be the right ones.
  await readyOrSay(createServer(values, data, { identity: nobody }))
  if (data.masterKey.file && !values.resume) {
    addMasterKey(data.masterKey.file)
    say(`Put a new master key first in ${data.masterKey.file}. Keep a copy.`)
  }
  const server = createServer(values, data, { identity: nobody, onEvent })
  try {
    const { done: count, unopened } = await server.reseal(({ done, total }) =>
      say(`resealed: ${done} of ${total}`),
    )
    if (unopened > 0) {
      say(
        `Resealed: ${count}. Not opened by any of the keys given: ${unopened}. These stay as they are: put their key back, last, and run this again with --resume. Their users cannot verify; docs/keys.md tells more.`,
      )
      return 1
    }
    say(`Resealed: ${count}. The old master key is no longer needed once every server knows the new one;`)
    say('a minute later, totp-flow doctor tells whether anything is still sealed by it.')
    return 0
  } catch (cause) {
    throw new StartError(
      `Resealing stopped (${reasonOf(cause)}). Nothing is lost: keep both keys, and run totp-flow keys rotate --master --resume.`,
      { cause },
    )
  }
}

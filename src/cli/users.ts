import { TotpFlowError } from '../contract/errors.ts'
import { StartError } from '../server/node/index.ts'
import { command, type Options, textOf, UsageError, type Values } from './command.ts'
import { dataOptions, say } from './common.ts'
import { logOptions } from './event-log.ts'
import { withServer } from './with-server.ts'

const options = { ...dataOptions, ...logOptions } as const satisfies Options
const endOptions = {
  before: {
    type: 'string',
    value: 'time',
    about: 'without an ID: the sessions of all users that began before, as 2026-11-28T12:00:00Z',
  },
  ...options,
} as const satisfies Options

const more =
  'It is safe beside running servers, and leaves a line in the log. Sessions and credentials of the host are for the host to end.'

/** Frees a user of all factors, after the host made sure who that is. */
export const usersReset = command({
  name: 'users reset',
  takes: 'ID',
  summary: 'remove the authenticator and all passkeys of a user without a proof, and end all sessions',
  options,
  more,
  async run(values: Values, [userId]: readonly string[] = []) {
    if (userId === undefined) throw new UsageError('Give the id of the user: totp-flow users reset ID')
    return withServer(values, async (server) => {
      const isReset = await server.resetUser(userId)
      say(
        isReset
          ? 'Removed the authenticator and all passkeys of the user, and ended all sessions.'
          : 'There was no authenticator, and no passkey. Ended all sessions of the user.',
      )
      return 0
    })
  },
})

/** Ends what a user's wrong codes brought about. */
export const usersUnlock = command({
  name: 'users unlock',
  takes: 'ID',
  summary: 'end the waits and the lock after wrong codes of a user',
  options,
  more: 'It is safe beside running servers, and leaves a line in the log. Make sure before that it is the owner who asks.',
  async run(values: Values, [userId]: readonly string[] = []) {
    if (userId === undefined) throw new UsageError('Give the id of the user: totp-flow users unlock ID')
    return withServer(values, async (server) => {
      const isUnlocked = await server.unlockUser(userId)
      say(isUnlocked ? 'Ended the waits and the lock of the user.' : 'There is no authenticator.')
      return isUnlocked ? 0 : 1
    })
  },
})

/** Gives all factors to the id that its user has from now on. */
export const usersRename = command({
  name: 'users rename',
  takes: 'FROM TO',
  summary:
    'give the authenticator and the passkeys of a user to another id of the same user, and end all sessions of both',
  options,
  more: 'It is safe beside running servers, and leaves a line in the log. Rename at the host first.',
  async run(values: Values, [from, to]: readonly string[] = []) {
    if (from === undefined || to === undefined || from === to) {
      throw new UsageError('Give the old id and the new one: totp-flow users rename FROM TO')
    }
    return withServer(values, async (server) => {
      const isMoved = await server.renameUser(from, to).catch((cause: unknown) => {
        if (!(cause instanceof TotpFlowError) || cause.code !== 'device_limit') throw cause
        throw new StartError('The new id has an authenticator or a passkey already. Nothing was changed.', {
          cause,
        })
      })
      say(
        isMoved
          ? 'Gave the authenticator and the passkeys to the new id, and ended all sessions of both.'
          : 'There is no authenticator, and no passkey, under the old id. Nothing was changed.',
      )
      return isMoved ? 0 : 1
    })
  },
})

/** Ends the sessions of a user, or of all. */
export const usersEndSessions = command({
  name: 'users end-sessions',
  takes: '[ID]',
  summary: 'end all sessions of a user, or those of all users that began before a time',
  options: endOptions,
  more,
  async run(values: Values, [userId]: readonly string[] = []) {
    const text = textOf(endOptions, values, 'before')
    if ((userId === undefined) === (text === undefined)) {
      throw new UsageError('Give the id of a user, or --before with a time for the sessions of all.')
    }
    const before = text === undefined ? undefined : pastFrom(text)
    return withServer(values, async (server) => {
      if (userId !== undefined) await server.endSessions(userId)
      if (before !== undefined) await server.endAllSessions({ before })
      say(
        before === undefined
          ? 'Ended all sessions of the user.'
          : `Ended all sessions that began before ${new Date(before).toISOString()}.`,
      )
      return 0
    })
  },
})

function pastFrom(text: string): number {
  const time = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN
  if (time <= Date.now()) return time
  throw new UsageError('--before takes a time that is past, as 2026-11-28T12:00:00Z. Correct it.')
}

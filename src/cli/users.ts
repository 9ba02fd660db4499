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
    about:
      'without an ID: ends the sessions of all users that began before this time, such as 2026-11-28T12:00:00Z',
  },
  ...options,
} as const satisfies Options

const more =
  'It is safe while servers run, and leaves a line in the log. The host has to end its own sessions and credentials.'

/** Removes all factors of a user, whose identity the host has verified. */
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
          : 'There was no authenticator and no passkey. Ended all sessions of the user.',
      )
      return 0
    })
  },
})

/** Ends the waits and the lock that a user's wrong codes caused. */
export const usersUnlock = command({
  name: 'users unlock',
  takes: 'ID',
  summary: 'end a user’s waits and lock after wrong codes',
  options,
  more: 'It is safe while servers run, and leaves a line in the log. First make sure that the request comes from the owner.',
  async run(values: Values, [userId]: readonly string[] = []) {
    if (userId === undefined) throw new UsageError('Give the id of the user: totp-flow users unlock ID')
    return withServer(values, async (server) => {
      const isUnlocked = await server.unlockUser(userId)
      say(isUnlocked ? 'Ended the waits and the lock of the user.' : 'The user has no authenticator.')
      return isUnlocked ? 0 : 1
    })
  },
})

/** Moves all factors to the user's new id. */
export const usersRename = command({
  name: 'users rename',
  takes: 'FROM TO',
  summary: 'move a user’s authenticator and passkeys to a new id, and end all sessions of both ids',
  options,
  more: 'It is safe while servers run, and leaves a line in the log. Rename the user at the host first.',
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
          ? 'Moved the authenticator and the passkeys to the new id, and ended all sessions of both ids.'
          : 'The old id has no authenticator and no passkey. Nothing was changed.',
      )
      return isMoved ? 0 : 1
    })
  },
})

/** Ends the sessions of one user, or of all users. */
export const usersEndSessions = command({
  name: 'users end-sessions',
  takes: '[ID]',
  summary: 'end all sessions of a user, or those of all users that began before a time',
  options: endOptions,
  more,
  async run(values: Values, [userId]: readonly string[] = []) {
    const text = textOf(endOptions, values, 'before')
    if ((userId === undefined) === (text === undefined)) {
      throw new UsageError('Give the id of a user, or --before with a time for the sessions of all users.')
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
  throw new UsageError('--before takes a past time, such as 2026-11-28T12:00:00Z. Correct it.')
}

import { once } from 'node:events'
import type { Store, StoredDevice, StoredUser } from '../server/index.ts'
import { openStore, StartError } from '../server/node/index.ts'
import { command, type Options, UsageError, type Values } from './command.ts'
import { databaseOf, dataOptions, say } from './common.ts'
import { printable } from './printable.ts'

const options = {
  json: { type: 'boolean', about: 'as JSON, one object a line' },
  database: dataOptions.database,
} as const satisfies Options

const more = 'It changes nothing, needs no master key, shows no secret, and is safe while servers run.'
const PAGE = 1000
const TOLD_EACH = 10_000

const timeOf = (time: number | null) => (time === null || time <= 0 ? null : new Date(time).toISOString())

/** The part of a user's data that operators may see. */
const shown = ({ userId, device, passkeys }: StoredUser) => ({
  userId,
  deviceId: null,
  ...(device && shownDevice(device)),
  passkeys: passkeys.map(({ id, alias, createdAt, lastUsedAt, backedUp }) => ({
    id,
    alias,
    createdAt: timeOf(createdAt),
    lastUsedAt: timeOf(lastUsedAt),
    backedUp,
  })),
})

const shownDevice = ({
  id,
  createdAt,
  verifiedAt,
  recoveryAcknowledged,
  throttle,
  recoveryThrottle,
}: StoredDevice) => ({
  deviceId: id,
  verified: verifiedAt !== null,
  createdAt: timeOf(createdAt),
  verifiedAt: timeOf(verifiedAt),
  recoveryAcknowledged,
  failures: throttle.failures,
  retryAt: timeOf(throttle.retryAt),
  recoveryFailures: recoveryThrottle.failures,
  recoveryRetryAt: timeOf(recoveryThrottle.retryAt),
})

export const usersList = command({
  name: 'users list',
  summary: 'list all users who have an authenticator or a passkey',
  options,
  more,
  run: (values: Values) =>
    onStore(values, async (store) => {
      const { alone } = await store.countPasskeys()
      const total = (await store.countSealedDevices('')) + alone
      let [listed, after] = [0, '']
      while (true) {
        const page = await store.users({ after, limit: PAGE })
        const last = page.at(-1)
        if (!last) return 0
        const lines = page.map((user) => lineOf(user, values.json === true))
        // Waits for a slow reader, and stops when the reader leaves (`| head`).
        if (!(await toReader(lines.join('')))) return 0
        after = last.userId
        listed += page.length
        if (listed % TOLD_EACH === 0) say(`listed: ${listed} of ${total}`)
      }
    }),
})

export const usersShow = command({
  name: 'users show',
  takes: 'ID',
  summary: 'show a user’s authenticator, passkeys and waits, and which sessions are valid',
  options,
  more,
  async run(values: Values, [userId]: readonly string[] = []) {
    if (userId === undefined) throw new UsageError('Give the id of the user: totp-flow users show ID')
    return onStore(values, async (store) => {
      const { device, rules } = await store.standing(userId, null)
      const { passkeys, ...user } = shown({ userId, device, passkeys: await store.passkeysOf(userId) })
      const told = {
        ...user,
        recoveryCodesLeft: device ? await store.recoveryCodesLeft(device.id) : 0,
        sessionsEndedBefore: timeOf(Math.max(rules.liveFrom, rules.begunFrom)),
        registersIfSignedInSince: timeOf(rules.registersFrom),
      }
      if (values.json === true) process.stdout.write(`${JSON.stringify({ ...told, passkeys })}\n`)
      else {
        for (const [name, value] of Object.entries(told))
          process.stdout.write(`${name}: ${printable(String(value ?? 'none'))}\n`)
        process.stdout.write(`passkeys: ${passkeys.length || 'none'}\n`)
        for (const passkey of passkeys) process.stdout.write(`  ${printable(passkeyInWords(passkey))}\n`)
      }
      if (device || passkeys.length > 0) return 0
      say('The user has no authenticator and no passkey.')
      return 1
    })
  },
})

const passkeyInWords = ({
  id,
  alias,
  createdAt,
  lastUsedAt,
  backedUp,
}: ReturnType<typeof shown>['passkeys'][number]) =>
  `${id}: ${alias || 'no name'}, created ${createdAt}, last used ${lastUsedAt ?? 'never'}, ${backedUp ? 'backed up' : 'not backed up'}`

function lineOf(user: StoredUser, isJson: boolean): string {
  const { passkeys, ...told } = shown(user)
  if (isJson) return `${JSON.stringify({ ...told, passkeys })}\n`
  return `${printable(told.userId)}\t${appInWords(user.device)}\tfailures ${user.device?.throttle.failures ?? 0}\tpasskeys ${passkeys.length}\n`
}

function appInWords(device: StoredDevice | null): string {
  if (!device) return 'no app'
  return device.verifiedAt === null ? 'pending' : `verified ${timeOf(device.verifiedAt)}`
}

/** Writes to standard output; resolves to whether its reader is still there. */
export async function toReader(text: string): Promise<boolean> {
  process.stdout.off('error', leave).on('error', leave)
  return process.stdout.write(text) || drained()
}

const drained = () =>
  once(process.stdout, 'drain').then(
    () => true,
    () => false,
  )

/** A reader such as `head` may leave before the end, which is no error. */
const leave = (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
}

async function onStore(values: Values, act: (store: Store) => Promise<number>): Promise<number> {
  const { store } = await openStore(databaseOf(values), { make: false, readOnly: true })
  process.stdout.off('error', leave).on('error', leave)
  try {
    const pending = await store.pendingSteps()
    if (pending.length > 0) {
      throw new StartError(`The database is ${pending.length} steps behind. Run totp-flow migrate.`)
    }
    return await act(store)
  } finally {
    await store.close()
  }
}

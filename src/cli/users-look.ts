import { once } from 'node:events'
import type { Store } from '../server/index.ts'
import { openStore, StartError } from '../server/node/index.ts'
import { command, type Options, UsageError, type Values } from './command.ts'
import { databaseOf, dataOptions, say } from './common.ts'
import { printable } from './printable.ts'

const options = {
  json: { type: 'boolean', about: 'as JSON, one object a line' },
  database: dataOptions.database,
} as const satisfies Options

const more =
  'It changes nothing, needs no master key, and is safe beside running servers. No secret is shown.'
const PAGE = 1000
const TOLD_EACH = 10_000

type Device = Awaited<ReturnType<Store['devices']>>[number]

const timeOf = (time: number | null) => (time === null || time <= 0 ? null : new Date(time).toISOString())

/** What is told of a device: what people may see. */
const shown = ({
  userId,
  id,
  createdAt,
  verifiedAt,
  recoveryAcknowledged,
  throttle,
  recoveryThrottle,
}: Device) => ({
  userId,
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
  summary: 'list all users who have an authenticator',
  options,
  more,
  run: (values: Values) =>
    onStore(values, async (store) => {
      const total = await store.countSealedDevices('')
      let [listed, after] = [0, '']
      while (true) {
        const page = await store.devices({ after, limit: PAGE })
        const last = page.at(-1)
        if (!last) return 0
        const lines = page.map((device) => lineOf(shown(device), values.json === true))
        // A reader that is slow, or has had enough (`| head`), is not run over.
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
  summary: 'show the authenticator of a user, the waits, and what goes for the sessions',
  options,
  more,
  async run(values: Values, [userId]: readonly string[] = []) {
    if (userId === undefined) throw new UsageError('Give the id of the user: totp-flow users show ID')
    return onStore(values, async (store) => {
      const { device, rules } = await store.standing(userId, null)
      const told = {
        ...(device ? shown(device) : { userId, deviceId: null }),
        recoveryCodesLeft: device ? await store.recoveryCodesLeft(device.id) : 0,
        sessionsEndedBefore: timeOf(Math.max(rules.liveFrom, rules.begunFrom)),
        registersIfSignedInSince: timeOf(rules.registersFrom),
      }
      if (values.json === true) process.stdout.write(`${JSON.stringify(told)}\n`)
      else
        for (const [name, value] of Object.entries(told))
          process.stdout.write(`${name}: ${printable(String(value ?? 'none'))}\n`)
      if (device) return 0
      say('There is no authenticator.')
      return 1
    })
  },
})

const lineOf = (told: ReturnType<typeof shown>, isJson: boolean) =>
  isJson
    ? `${JSON.stringify(told)}\n`
    : `${printable(told.userId)}\t${told.verified ? `verified ${told.verifiedAt}` : 'pending'}\tfailures ${told.failures}\n`

/** Answers whether the reader of standard output is still there. */
export async function toReader(text: string): Promise<boolean> {
  process.stdout.off('error', leave).on('error', leave)
  return process.stdout.write(text) || drained()
}

const drained = () =>
  once(process.stdout, 'drain').then(
    () => true,
    () => false,
  )

/** A reader such as `head` may leave before the end: nobody is there for the rest. */
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

/** A Node app in its own process, watched or not: `node app.ts <kind> <watcher> <url>`. Writes the cost as JSON. */
import { readFileSync } from 'node:fs'
import { createWebSocketInspector } from '@statelyai/inspect'
import { createInspector } from 'statescope'
import { assign, createActor, setup } from 'xstate'

/** Kinds of apps: events change a number, or one of 500 rows. */
export const KINDS = {
  small: { perSecond: 10_000, seconds: 4 },
  large: { perSecond: 2_000, seconds: 10 },
} as const
export type Kind = keyof typeof KINDS

export const WATCHERS = ['none', 'statescope', 'stately'] as const
export type Watcher = (typeof WATCHERS)[number]

export interface AppFigures {
  seconds: number
  cpuSeconds: number
  /** The peak memory. */
  residentMegabytes: number
}

const row = (id: number) => ({
  id,
  name: `customer ${id}`,
  mail: `customer.${id}@example.com`,
  isNew: true,
  orders: [id, id + 1],
})

const machine = setup({
  types: {} as {
    context: { count: number; rows: ReturnType<typeof row>[] }
    input: Kind
    events: { type: 'count' }
  },
}).createMachine({
  id: 'app',
  context: ({ input }) => ({
    count: 0,
    rows: input === 'large' ? Array.from({ length: 500 }, (_, id) => row(id)) : [],
  }),
  on: {
    count: {
      actions: assign({
        count: ({ context }) => context.count + 1,
        rows: ({ context: { rows, count } }) =>
          rows.length > 0 ? rows.with(count % rows.length, row(count)) : rows,
      }),
    },
  },
})

function inspectorOf(watcher: Watcher, url: string) {
  if (watcher === 'none') return undefined
  return watcher === 'stately' ? createWebSocketInspector({ url }) : createInspector({ to: url })
}

/** Sends events in batches, each when it is due, or at once if it is late. */
async function run(kind: Kind, watcher: Watcher, url: string): Promise<AppFigures> {
  const inspector = inspectorOf(watcher, url)
  await pause(500) // connecting
  const actor = createActor(machine, {
    input: kind,
    ...(inspector && { inspect: inspector.inspect }),
  }).start()
  const { perSecond, seconds } = KINDS[kind]
  const perBatch = perSecond / 100
  const before = process.cpuUsage()
  const startedAt = performance.now()
  for (let batch = 0; batch < seconds * 100; batch++) {
    const due = startedAt + batch * 10
    await pause(Math.max(0, due - performance.now()))
    for (let sent = 0; sent < perBatch; sent++) actor.send({ type: 'count' })
  }
  const elapsed = performance.now() - startedAt
  const { user, system } = process.cpuUsage(before)
  return {
    seconds: elapsed / 1000,
    cpuSeconds: (user + system) / 1e6,
    residentMegabytes: mostHeld() / 1024,
  }
}
/** In kilobytes. `process.resourceUsage()` would include its parent's peak. */
const mostHeld = () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

if (import.meta.main) {
  const [kind = 'small', watcher = 'none', url = ''] = process.argv.slice(2)
  console.log(JSON.stringify(await run(kind as Kind, watcher as Watcher, url)))
  process.exit()
}

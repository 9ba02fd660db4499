import { type Profiler, Session } from 'node:inspector/promises'
import { type Contender, inTurn } from '../rounds.ts'

/** What a profiled function is part of, by the first pattern that its file matches. */
const files = {
  'the database: store, Kysely, driver':
    /src\/server\/store\/|\/kysely\/|\/pg(-[a-z]+)?\/|^node:(net|internal\/stream_base)/,
  'cryptography: signatures, codes, sealing':
    /src\/server\/(crypto|codes|tokens)\/|\/(jose|otplib|@otplib\/.*|@noble\/.*)\/|^node:internal\/crypto/,
  'requests and answers': /undici|^node:internal\/(url|encoding)|src\/server\/http\//,
  XState: /\/xstate\//,
  'the chart': /\/machines\//,
  'the flow': /src\/(flow|contract)\//,
  'the rest of the server': /src\/server\//,
}
const OTHER = 'Node: promises, timers, memory'
export type WorkPart = keyof typeof files | typeof OTHER

export const WORK_PARTS: readonly WorkPart[] = [...(Object.keys(files) as (keyof typeof files)[]), OTHER]

/** Shares of 1. */
export type Work = ReadonlyMap<WorkPart, number>

/** The share of processor time that each part takes of these acts. What a part has Node or the system do is its own. */
export async function workOf(
  contender: Contender,
  { rounds, acts, inFlight }: { rounds: number; acts: number; inFlight: number },
): Promise<Work> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 200 })
  const spent = new Map<WorkPart, number>()
  for (let round = 0; round <= rounds; round++) {
    const ready = await contender.ready(acts)
    await session.post('Profiler.start')
    await inTurn(ready, inFlight, (act) => act())
    const { profile } = await session.post('Profiler.stop')
    if (round > 0) addTo(spent, profile)
  }
  session.disconnect()
  const whole = [...spent.values()].reduce((sum, time) => sum + time, 0)
  return new Map([...spent].map(([part, time]) => [part, time / whole]))
}

function addTo(
  spent: Map<WorkPart, number>,
  { nodes, samples = [], timeDeltas = [] }: Profiler.Profile,
): void {
  const parts = new Map<number, WorkPart | undefined>()
  const visit = (node: Profiler.ProfileNode, above: WorkPart) => {
    const part = IGNORED.has(node.callFrame.functionName) ? undefined : (partOf(node.callFrame.url) ?? above)
    parts.set(node.id, part)
    for (const child of node.children ?? []) {
      const next = byId.get(child)
      if (next) visit(next, part ?? OTHER)
    }
  }
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const [root] = nodes
  if (root) visit(root, OTHER)
  for (const [index, id] of samples.entries()) {
    const part = parts.get(id)
    if (part) spent.set(part, (spent.get(part) ?? 0) + (timeDeltas[index] ?? 0))
  }
}

/** Not work: waiting, and the profiler itself. */
const IGNORED = new Set(['(idle)', 'post'])

const partOf = (url: string): WorkPart | undefined =>
  (Object.keys(files) as (keyof typeof files)[]).find((part) => files[part].test(url))

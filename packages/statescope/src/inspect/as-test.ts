import { type AnyStateMachine, initialTransition, matchesState, type StateValue } from 'xstate'
import { isRecord } from './message.ts'
import { type SeenActor, type Step, valueText } from './timeline.ts'

/** Steps within this time may have happened together. */
const AT_ONCE_MS = 5
/** Timers are this precise, milliseconds. */
const TIMER_MS = 1
/** How late timers may be on a busy computer. */
const MOST_LATE_MS = 100

/**
 * Writes a test that repeats a machine's events and expects its recorded states. It runs once its import names the machine. The
 * actors that the machine invokes by name answer as recorded, and simulated time passes as recorded.
 */
export function asTest(
  actor: SeenActor,
  steps: readonly Step[],
  actors: ReadonlyMap<string, SeenActor> = new Map(),
): string {
  const own = steps.filter(
    ({ sessionId, snapshot }) => sessionId === actor.sessionId && snapshot !== undefined,
  )
  const invoked = invokedBy(actor, own, actors)
  const isDelayed = (step: Step, index: number) =>
    step.sourceId === actor.sessionId && step.at - (own[index - 1]?.at ?? step.at) > AT_ONCE_MS
  const hasClock =
    (actor.definition?.includes('"after":') ?? false) || own.some((step, index) => isDelayed(step, index))
  const clock = new RecordedClock(own, actor.machine)

  /** The code that causes a step; `null` if the step happens without any. */
  function cause(step: Step, index: number): string[] | null {
    const { event, sourceId } = step
    const { type } = event
    if (type.startsWith('xstate.after.')) return clock.passedBy(index, delayIn(type, actor.machine))
    if (isDelayed(step, index)) return clock.passedBy(index, null)
    const answer = sourceId === null ? undefined : invoked.answers.get(sourceId)
    if (answer && type.startsWith('xstate.done.actor.'))
      return [`${answer}.resolve(${code('output' in event ? event.output : undefined)})`, SETTLE]
    if (answer && type.startsWith('xstate.error.actor.'))
      return [`${answer}.reject(${errorCode('error' in event ? event.error : undefined)})`, SETTLE]
    const isOfActor = sourceId !== null && (sourceId === actor.sessionId || invoked.real.has(sourceId))
    return type.startsWith('xstate.') || isOfActor ? null : [`actor.send(${code(event)})`]
  }

  const causesOf = own.map(cause)
  const lines: string[] = []
  let byItself: string[] = []
  for (const [index, step] of own.entries()) {
    const { event, after } = step
    if (event.type === 'xstate.init') continue
    if (event.type === 'xstate.stop') break
    const causes = causesOf[index]
    if (causes) lines.push(...causes)
    else byItself.push(event.type)
    const next = own[index + 1]
    const nextIsByItself = next !== undefined && next.event.type !== 'xstate.stop' && !causesOf[index + 1]
    if (nextIsByItself && (!causes || next.at - step.at <= AT_ONCE_MS)) continue
    if (causes && !byItself.length) lines.push(...isThere(step))
    else
      lines.push(
        `await waitFor(actor, (snapshot) => snapshot.matches(${code(after ?? {})})) // ${byItself.map(comment).join(', ')}`,
      )
    byItself = []
  }

  const last = own.at(-1)
  const start = own.find(({ event }) => event.type === 'xstate.init')?.event
  const given = start && 'input' in start ? start.input : undefined
  const input = given === '[undefined]' ? undefined : given
  const options = [
    ...(input !== undefined ? [`input: ${code(input)}`] : []),
    ...(hasClock ? ['clock'] : []),
  ].join(', ')
  const body = [
    ...restoredIn(actor, own[0]),
    ...invoked.comments,
    ...invoked.declarations,
    ...(lines.includes(SETTLE) ? ['const settle = () => new Promise((resolve) => setTimeout(resolve))'] : []),
    ...(hasClock ? ['const clock = new SimulatedClock()'] : []),
    `const actor = createActor(${invoked.machine}${options && `, { ${options} }`})`,
    ...(statusOf(last) === 'error' ? ['actor.subscribe({ error: () => {} })'] : []),
    'actor.start()',
    ...lines,
    'actor.stop()',
  ]
  const text = body.join('\n')
  const names = ['createActor', 'fromCallback', 'fromPromise', 'SimulatedClock', 'waitFor'].filter((name) =>
    text.includes(`${name}(`),
  )
  return [
    "import { expect, it } from 'vitest'",
    `import { ${names.join(', ')} } from 'xstate'`,
    "import { machine } from './machine' // Replace this by the file and the name of your machine.",
    '',
    `it(${code(`${actor.name} gets to ${last?.after ? valueText(last.after) : 'its end'}`)}, async () => {`,
    ...(text.includes('[sealed]')
      ? ['  // "[sealed]" is a secret, which inspectors do not see: put one of your own.']
      : []),
    ...([input, ...own.map(({ event }) => event)].some(isNamed)
      ? ['  // A text in brackets, such as "[Map]", only names a value: put the value in its place.']
      : []),
    ...body.flatMap((line) => line.split('\n')).map((line) => `  ${line}`),
    '})',
    '',
  ].join('\n')
}

const SETTLE = 'await settle()'

/** Only the app has the snapshot that an actor was restored from. */
function restoredIn({ machine }: SeenActor, first: Step | undefined): string[] {
  if (machine === null || first?.event.type !== 'xstate.init' || first.after === null) return []
  try {
    const [start] = initialTransition(machine)
    if (JSON.stringify(start.value) === JSON.stringify(first.after)) return []
  } catch {
    return [] // a guard decides where it starts
  }
  return [
    `// The actor was restored in ${comment(valueText(first.after))}: pass createActor the snapshot that it was restored from.`,
  ]
}

function isThere({ after, snapshot }: Step): string[] {
  const status = isRecord(snapshot) ? snapshot.status : undefined
  const output = isRecord(snapshot) && status === 'done' ? snapshot.output : undefined
  return [
    ...(after === null ? [] : [`expect(actor.getSnapshot().value).toEqual(${code(after)})`]),
    ...(output === undefined || isNamed(output)
      ? []
      : [`expect(actor.getSnapshot().output).toEqual(${code(output)})`]),
    ...(status === 'error' ? ["expect(actor.getSnapshot().status).toBe('error')"] : []),
  ]
}

const statusOf = (step: Step | undefined) => (isRecord(step?.snapshot) ? step.snapshot.status : undefined)

/** The actors that a machine invokes. Named ones are replaced and answer when the test says so. */
function invokedBy(actor: SeenActor, own: readonly Step[], actors: ReadonlyMap<string, SeenActor>) {
  const children = [...actors.values()].filter(({ parentId }) => parentId === actor.sessionId)
  const answered = new Set(
    own.flatMap(({ sourceId, event }) =>
      /^xstate\.(done|error)\.actor\./.test(event.type) && sourceId !== null ? [sourceId] : [],
    ),
  )
  const real = new Set<string>()
  const bySrc = new Map<string, SeenActor[]>()
  const inline: string[] = []
  const unknown: string[] = []
  for (const child of children) {
    const { src } = child
    if (src !== undefined && !src.startsWith('xstate.invoke.')) {
      bySrc.set(src, [...(bySrc.get(src) ?? []), child])
      continue
    }
    real.add(child.sessionId)
    const list = src === undefined ? unknown : inline
    if (!list.includes(child.name)) list.push(child.name)
  }

  const answers = new Map<string, string>()
  const calls: string[] = []
  const counts: string[] = []
  const provided: string[] = []
  for (const [src, all] of bySrc) {
    if (!all.some(({ sessionId }) => answered.has(sessionId))) {
      provided.push(`${keyOf(src)}: fromCallback(() => {}),`)
      continue
    }
    for (const [index, { sessionId }] of all.entries())
      answers.set(sessionId, `answers${member(src)}[${index}]`)
    calls.push(`${keyOf(src)}: [${all.map(() => 'Promise.withResolvers()').join(', ')}]`)
    counts.push(`${keyOf(src)}: 0`)
    provided.push(`${keyOf(src)}: fromPromise(() => answers${member(src)}[calls${member(src)}++].promise),`)
  }
  return {
    answers,
    real,
    comments: [
      ...(inline.length > 0
        ? [
            `// These actors have no name in the machine, so they are not replaced: ${inline.map(comment).join(', ')}. Name them in setup({ actors }) to replace them.`,
          ]
        : []),
      ...(unknown.length > 0
        ? [
            `// These actors are not replaced: ${unknown.map(comment).join(', ')}. Replace them with machine.provide({ actors }).`,
          ]
        : []),
    ],
    declarations:
      calls.length > 0
        ? [
            '// The actors that the machine invokes answer when the test says so, as recorded.',
            `const answers = { ${calls.join(', ')} }`,
            `const calls = { ${counts.join(', ')} }`,
          ]
        : [],
    machine:
      provided.length > 0
        ? `machine.provide({\n  actors: {\n${provided.map((line) => `    ${line}`).join('\n')}\n  },\n})`
        : 'machine',
  }
}

/** Lets as much simulated time pass as was recorded, minus the lateness of timers. */
class RecordedClock {
  readonly #own: readonly Step[]
  readonly #machine: AnyStateMachine | null
  readonly #times: number[] = []
  #now = 0

  constructor(own: readonly Step[], machine: AnyStateMachine | null) {
    this.#own = own
    this.#machine = machine
  }

  /** The step that entered the state whose delay ended, or else the last change before this step. */
  #entered(index: number): number {
    const id = this.#own[index]?.event.type.replace(/^xstate\.after\.[^.]*\./, '') ?? ''
    const machine = this.#machine
    const last = (hasBegun: (step: Step) => boolean) =>
      this.#own.findLastIndex((step, at) => at < index && hasBegun(step))
    const entered = last(
      ({ before, after }) => machine !== null && isIn(machine, id, after) && !isIn(machine, id, before),
    )
    return entered >= 0
      ? entered
      : last(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after))
  }

  /** The time that must pass before a step that follows a delay. A computed delay took as long as recorded. */
  passedBy(index: number, delay: number | string | null): string[] {
    const step = this.#own[index] as Step
    const entered = this.#entered(index)
    const waited = step.at - (this.#own[Math.max(entered, 0)]?.at ?? step.at)
    const length = typeof delay === 'number' ? delay : waited + TIMER_MS // it may have been early by that much
    const isInTime = waited - length <= Math.max(MOST_LATE_MS, length / 2)
    const started =
      entered >= 0 && isInTime
        ? entered
        : this.#own.findLastIndex(({ at }, other) => other < index && at <= step.at - length + TIMER_MS)
    for (let at = this.#times.length; at < index; at++) this.#times[at] = this.#now
    const wanted = (this.#times[Math.max(started, 0)] ?? 0) + length
    const passed = Math.max(wanted - this.#now, 0)
    this.#now += passed
    this.#times[index] = this.#now
    if (passed === 0) return []
    const why = typeof delay === 'string' ? ` // the delay ${comment(delay)}, as long as it took` : ''
    return [`clock.increment(${passed})${why}`]
  }
}

/** Whether a state is active in a machine's value. */
function isIn(machine: AnyStateMachine, id: string, value: StateValue | null): boolean {
  try {
    const { path } = machine.getStateNodeById(id)
    return value !== null && path.length > 0 && matchesState(path.join('.'), value)
  } catch {
    return false
  }
}

/** The length of a delay in milliseconds, or its name if it is computed. */
function delayIn(type: string, machine: AnyStateMachine | null): number | string {
  const [, name = ''] = /^xstate\.after\.([^.]*)/.exec(type) ?? []
  const { delays = {} } = machine?.implementations ?? {}
  const known: unknown = Object.hasOwn(delays, name) ? Reflect.get(delays, name) : undefined
  if (typeof known === 'number') return known
  return /^\d+$/.test(name) ? Number(name) : name
}

/** Code that creates an error. */
const errorCode = (error: unknown) =>
  isRecord(error) && typeof error.message === 'string' ? `new Error(${code(error.message)})` : code(error)

/** Whether a value contains a text that only names a value. */
const isNamed = (value: unknown): boolean =>
  typeof value === 'string'
    ? /^\[[^\]]+\]$/.test(value) && value !== '[sealed]' && !PLAIN.test(value)
    : typeof value === 'object' &&
      value !== null &&
      Object.entries(value).some(([name, part]) => (!Array.isArray(value) && isNamed(name)) || isNamed(part))

/** Text for a comment on one line. */
const comment = (words: string) => words.replace(/\s+/g, ' ').replace(TURNING, written)

const member = (name: string) => (/^[a-z_$][\w$]*$/i.test(name) ? `.${name}` : `[${code(name)}]`)

/** Characters that change the displayed order of the text around them, so that code looks like other code. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g
const written = (character: string) => `\\u${character.charCodeAt(0).toString(16)}`

/** Values that code can write but JSON cannot. */
const PLAIN = /^\[(undefined|NaN|-?Infinity|-?\d+n)\]$/

/** Writes a JSON value as code. */
function code(value: unknown): string {
  if (typeof value === 'string') {
    const plain = PLAIN.exec(value)?.[1]
    if (plain !== undefined) return plain
    // JSON already escapes line ends, so only the quotes must change.
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'").replace(TURNING, written)}'`
  }
  if (Array.isArray(value)) return `[${value.map(code).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(([key, part]) => `${keyOf(key)}: ${code(part)}`)
    return parts.length > 0 ? `{ ${parts.join(', ')} }` : '{}'
  }
  return String(JSON.stringify(value))
}

/** Writes a property name. Without brackets, `__proto__` would set the prototype. */
function keyOf(key: string): string {
  if (key === '__proto__') return "['__proto__']"
  return /^[a-z_$][\w$]*$/i.test(key) ? key : code(key)
}

import { type SeenActor, type Step, valueText } from './timeline.ts'

/** What XState sends itself is brought about by the machine's actors and clock, not by a test. */
const isOwn = (type: string) => type.startsWith('xstate.')

/** A test that sends an actor what it was sent, and expects it where it was then. */
export function asTest(actor: SeenActor, steps: readonly Step[]): string {
  const own = steps.filter(
    ({ sessionId, snapshot }) => sessionId === actor.sessionId && snapshot !== undefined,
  )
  const lines = own.flatMap(({ event, before, after }) => {
    const isThere = `expect(actor.getSnapshot().value).toEqual(${code(after)})`
    if (!isOwn(event.type)) return [`actor.send(${code(event)})`, isThere]
    if (event.type === 'xstate.init' || after === null || JSON.stringify(before) === JSON.stringify(after))
      return []
    return [
      `await waitFor(actor, (snapshot) => snapshot.matches(${code(after)})) // ${event.type.replace(/\s+/g, ' ').replace(TURNING, written)}`,
    ]
  })
  const last = own.at(-1)?.after
  const isSealed = lines.some((line) => line.includes('[sealed]'))
  return [
    "import { expect, it } from 'vitest'",
    "import { createActor, waitFor } from 'xstate'",
    '',
    `it(${code(`${actor.name} gets to ${last ? valueText(last) : 'its end'}`)}, async () => {`,
    '  // Give the machine the actors that it invokes, and the input that it starts with.',
    ...(isSealed
      ? ['  // What was "[sealed]" is a secret, which no inspector is shown: put one of your own.']
      : []),
    '  const actor = createActor(machine).start()',
    ...lines.map((line) => `  ${line}`),
    '})',
    '',
  ].join('\n')
}

/** Characters that show the text around them in another order than it is in, so that code looks like other code. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g
const written = (character: string) => `\\u${character.charCodeAt(0).toString(16)}`

/** JSON, as people write it in code. */
function code(value: unknown): string {
  if (typeof value === 'string') {
    // JSON escapes all that ends a line; what is left is to change the quotes.
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'").replace(TURNING, written)}'`
  }
  if (Array.isArray(value)) return `[${value.map(code).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(([key, part]) => `${keyOf(key)}: ${code(part)}`)
    return parts.length > 0 ? `{ ${parts.join(', ')} }` : '{}'
  }
  return String(JSON.stringify(value))
}

/** Without brackets, `__proto__` would set what the object inherits. */
function keyOf(key: string): string {
  if (key === '__proto__') return "['__proto__']"
  return /^[a-z_$][\w$]*$/i.test(key) ? key : code(key)
}

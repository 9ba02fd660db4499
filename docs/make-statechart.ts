/** Writes docs/statechart.md from the chart itself: `npm run docs`. A test fails when the page is stale. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { AnyStateNode, AnyTransitionDefinition } from 'xstate'
import { totpMachine } from '../machines/totp.machine.ts'
import { Sealed } from '../src/contract/sealed.ts'

const PAGE = new URL('statechart.md', import.meta.url)
const sourceOf = (name: string) => readFileSync(new URL(`../machines/${name}`, import.meta.url), 'utf8')

const nodesBelow = (node: AnyStateNode): AnyStateNode[] =>
  Object.values(node.states).flatMap((child) => [child, ...nodesBelow(child)])
const transitionsOf = (node: AnyStateNode): AnyTransitionDefinition[] => [
  ...[...node.transitions.values()].flat(),
  ...(node.always ?? []),
]
const nodes = nodesBelow(totpMachine.root)
const transitions = [...transitionsOf(totpMachine.root), ...nodes.flatMap(transitionsOf)]

const pathOf = ({ id }: AnyStateNode) => id.replace(/^totp\.?/, '') || 'anywhere'
const code = (text: string) => `\`${text}\``
/** Parts of a chart are named by their type, built-in ones (functions in XState) too. */
const nameIn = (part: unknown): string =>
  (typeof part === 'object' || typeof part === 'function') && part !== null && 'type' in part
    ? String(part.type)
    : String(part)
/** The guard's name, with its parameters if the chart gives any. */
const ruleIn = (guard: unknown): string => {
  const params = typeof guard === 'object' && guard && 'params' in guard ? guard.params : undefined
  const asked = typeof params === 'object' && params ? Object.values(params).join(', ') : ''
  return asked ? `${nameIn(guard)}: ${asked}` : nameIn(guard)
}
const namesIn = (actions: readonly unknown[]) =>
  actions
    .map(nameIn)
    .filter((name) => !name.startsWith('xstate.')) // timers, which the transitions show
    .map(code)
    .join(' ')

/** An event's name as the picture shows it: XState's own events carry ids. */
function said(eventType: string): string {
  if (eventType === '') return 'always'
  if (eventType.startsWith('xstate.done.')) return 'done'
  if (eventType.startsWith('xstate.error.')) return 'error'
  const delay = /^xstate\.after\.([^.]+)/.exec(eventType)?.[1]
  return delay ? `after ${delay}` : eventType
}

function actionsOf({ actions }: AnyTransitionDefinition): string[] {
  return actions.map((action) => {
    const params = typeof action === 'object' && 'params' in action ? action.params : undefined
    const refusal = refusalFrom(params)
    return refusal ? `refuse: ${refusal}` : nameIn(action)
  })
}
/** The code of the error that a refusal in the chart makes itself. */
function refusalFrom(params: unknown): string | undefined {
  if (typeof params !== 'function') return undefined
  const { error } = console
  console.error = () => {} // refusals print hints for developers
  try {
    const made: unknown = params({ context: { time: { now: () => 0 } }, event: { code: Sealed.of('') } })
    const cause = typeof made === 'object' && made !== null && 'cause' in made ? made.cause : undefined
    return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : undefined
  } catch {
    return undefined // it needs a real event, and keeps that event's error
  } finally {
    console.error = error
  }
}

const mermaid = (lines: string[]) =>
  ['```mermaid', 'stateDiagram-v2', ...lines.map((line) => `    ${line}`), '```'].join('\n')

/** Edges between places, each with all its events; `placeOf` sets the level of detail. */
function edges(placeOf: (node: AnyStateNode) => string | undefined): string[] {
  const labels = new Map<string, Set<string>>()
  for (const { source, target, eventType } of transitions) {
    for (const to of target ?? []) {
      const [start, end] = [placeOf(source), placeOf(to)]
      if (start === undefined || end === undefined || start === end) continue
      const edge = `${start} --> ${end}`
      labels.set(edge, (labels.get(edge) ?? new Set()).add(said(eventType)))
    }
  }
  return [...labels].map(([edge, events]) => `${edge}: ${[...events].join('<br>')}`)
}

const ancestry = (node: AnyStateNode): AnyStateNode[] =>
  node.parent ? [...ancestry(node.parent), node] : [node]

/** The top-level states; a sub-state's transitions count for its parent. */
const overview = () =>
  mermaid([`[*] --> ${totpMachine.root.initial.target[0]?.key}`, ...edges((node) => ancestry(node)[1]?.key)])

/** The inside of one state. */
const inside = (state: AnyStateNode) =>
  mermaid([
    `[*] --> ${state.initial.target[0]?.key}`,
    // Transitions of the state itself start from any of its parts.
    ...edges((node) => (node === state ? 'any' : node.parent === state ? node.key : undefined)).filter(
      (edge) => !edge.includes('--> any'),
    ),
  ])

const composites = nodes.filter(({ states }) => Object.keys(states).length > 0)

const fromAnywhere = () =>
  transitionsOf(totpMachine.root)
    .flatMap(({ eventType, target = [] }) =>
      target.map((to) => `${code(eventType)} leads to ${code(pathOf(to))}`),
    )
    .join(' and ')

const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

function stateTable(): string {
  return table(
    ['state', 'tags', 'calls', 'on entry', 'on exit'],
    nodes.map((node) => [
      code(pathOf(node)),
      node.tags.map(code).join(' '),
      node.invoke.map(({ src }) => code(nameIn(src))).join(' '),
      namesIn(node.entry),
      namesIn(node.exit),
    ]),
  )
}

function transitionTable(): string {
  return table(
    ['from', 'on', 'if', 'to', 'does'],
    transitions.map((transition) => [
      code(pathOf(transition.source)),
      said(transition.eventType),
      transition.guard ? code(ruleIn(transition.guard)) : '',
      transition.target?.map((node) => code(pathOf(node))).join(' ') ?? 'stays',
      actionsOf(transition).map(code).join(' '),
    ]),
  )
}

/** The sentences are the doc comments of the rules. */
function guardTable(): string {
  const sentences = new Map(
    [...sourceOf('totp.guards.ts').matchAll(/\/\*\*((?:(?!\*\/)[\s\S])+)\*\/\nexport const (\w+)/g)].map(
      ([, comment = '', name]) => [name, comment.replace(/\n \*/g, '').replace(/\s+/g, ' ').trim()],
    ),
  )
  const unsaid = Object.keys(totpMachine.implementations.guards).filter((name) => !sentences.has(name))
  if (unsaid.length > 0) throw new Error(`machines/totp.guards.ts: say in one sentence what ${unsaid} checks`)
  return table(
    ['guard', 'rule', 'used in'],
    [...sentences].map(([name = '', sentence = '']) => {
      const asked = transitions.filter(({ guard }) => guard && nameIn(guard) === name)
      return [code(name), sentence, [...new Set(asked.map(({ source }) => code(pathOf(source))))].join(' ')]
    }),
  )
}

function eventTable(): string {
  const declared = sourceOf('totp.types.ts').split('export type TotpEvent =')[1]?.split('\n\n')[0] ?? ''
  const sentences = new Map(
    [...declared.matchAll(/(?:\/\*\* ([^*]+?) \*\/\s*)\| \(?\{\s*type: '([^']+)'/g)].map(
      ([, sentence, type]) => [type, sentence],
    ),
  )
  const types = totpMachine.events.filter((type) => !type.startsWith('xstate.'))
  return table(
    ['event', 'meaning', 'handled in'],
    types.map((type) => {
      const sentence = sentences.get(type)
      if (!sentence) throw new Error(`machines/totp.types.ts: say in one sentence what ${type} means`)
      const places = transitions
        .filter(({ eventType }) => eventType === type)
        .map(({ source }) => code(pathOf(source)))
      return [code(type), sentence, [...new Set(places)].join(' ')]
    }),
  )
}

export function statechartPage(): string {
  return `# The statechart

Generated from \`machines/totp.machine.ts\` by \`npm run docs\`; do not edit. The rules come from \`machines/totp.guards.ts\`.

Secrets, codes and tokens travel through the chart as \`Sealed\` values, so no snapshot, inspector or stored form can show them. The
tests walk every simple path, run 10,000 random sequences, and explore every state of one tab (over 12,000) and of two
tabs with their server (over a million). They check each step against rules that are written separately from the chart
(\`test/machines/rules.ts\`), and [planted faults](mutation.md) measure how much the tests find.

<picture>
  <source media="(prefers-color-scheme: dark)" srcset="pictures/statechart-dark.svg">
  <img src="pictures/statechart-light.svg" alt="The whole chart, as &lt;state-chart&gt; draws it, where a step-up has asked for a code">
</picture>

The top-level states:

${overview()}

${composites.map((state) => `Inside ${code(state.key)}:\n\n${inside(state)}`).join('\n\n')}

From anywhere, ${fromAnywhere()}. A request that no state handles is rejected with its own error (the rows that start from *anywhere*).

## States

${stateTable()}

## Events

${eventTable()}

## Guards

${guardTable()}

## Transitions

The first matching row applies; a state's own rows come before those of its parent.

${transitionTable()}
`
}

if (import.meta.main) writeFileSync(PAGE, statechartPage())

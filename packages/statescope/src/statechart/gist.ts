import { BARE, type Chart, type ChartState, type Transition, type Way } from './chart.ts'

/** A reduced chart, and how the transitions of the whole chart appear in it. */
export interface Gist {
  chart: Chart
  /** The arrow that represents a transition of the whole chart. A transition within a collapsed state has none. */
  wayOf: ReadonlyMap<Transition, Way>
}

/** The ids of the states `depth` levels below the root that have substates. */
const statesAt = (chart: Chart, depth: number): Set<string> => new Set(atDepth(chart.root, depth))

const atDepth = ({ id, children }: ChartState, left: number): string[] =>
  left > 0 ? children.flatMap((child) => atDepth(child, left - 1)) : children.length > 0 ? [id] : []

/** The most states and transitions that are readable at once. */
const FULL = 150
const DEEPEST = 9

/** The states to collapse at first: those below the given depth or, without one, as many levels as a readable picture requires. */
export function collapsedAtFirst(chart: Chart, depth: number | null): Set<string> {
  if (depth !== null) return statesAt(chart, depth)
  let collapsed = new Set<string>()
  for (let level = DEEPEST; level > 0; level--) {
    const { states, ways } = gistOf(chart, collapsed).chart
    if (states.size + ways.length <= FULL) break
    collapsed = statesAt(chart, level)
  }
  return collapsed
}

/**
 * Reduces a chart: draws these states without their substates. Transitions from or to those start or end at the collapsed state,
 * labeled with the event alone. A brief chart labels all transitions so.
 */
export function gistOf(chart: Chart, collapsed: ReadonlySet<string>, isBrief = false): Gist {
  const states = new Map<string, ChartState>()
  /** Maps each state to itself or to the collapsed state around it. */
  const shownAs = new Map<string, string>()
  function collapse(state: ChartState, as: string) {
    shownAs.set(state.id, as)
    for (const child of state.children) collapse(child, as)
  }
  function take(state: ChartState): ChartState {
    const isWhole = !collapsed.has(state.id)
    const taken: ChartState = {
      ...state,
      ...(!isWhole && { type: 'atomic', initial: null, longestInside: longestIn(state) }),
      ...((isBrief || !isWhole) && NOTHING_MORE),
      children: [],
    }
    states.set(state.id, taken)
    collapse(state, state.id)
    if (isWhole) taken.children = state.children.map(take)
    return taken
  }
  const root = take(chart.root)

  const ways = new Map<unknown, Way>()
  const wayOf = new Map<Transition, Way>()
  for (const whole of chart.ways) {
    const source = shownAs.get(whole.source) ?? whole.source
    const targets = [...new Set(whole.targets.map((target) => shownAs.get(target) ?? target))]
    const isMoved = source !== whole.source || targets.join() !== whole.targets.join()
    if (isMoved && targets.every((target) => target === source)) continue
    const { eventType, event } = whole
    const key = isMoved || isBrief ? JSON.stringify([source, targets, event]) : whole
    const way =
      ways.get(key) ?? (key === whole ? whole : { ...BARE, source, targets, eventType, event, actions: [] })
    ways.set(key, way)
    wayOf.set(whole, way)
  }
  return { chart: { id: chart.id, root, states, ways: [...ways.values()] }, wayOf }
}

const NOTHING_MORE = {
  description: '',
  tags: [],
  entry: [],
  exit: [],
  begin: [],
  invoke: [],
  output: '',
  meta: '',
  reactions: [],
}

/** The longest text that can name the active substates of a state. */
function longestIn({ type, children }: ChartState): string {
  const paths = children.map((child) => {
    const inner = longestIn(child)
    return inner ? `${child.key}.${inner}` : child.key
  })
  if (type === 'parallel') return paths.join(BETWEEN_REGIONS)
  return paths.reduce((longest, path) => (path.length > longest.length ? path : longest), '')
}

/** Separates the regions of a parallel state in a single line. */
export const BETWEEN_REGIONS = ', '

import type { Chart, ChartState, Transition, Way } from './chart.ts'

/** A chart with less in it, and what stands in it for the transitions of the whole. */
export interface Gist {
  chart: Chart
  /** The way that stands for a transition of the whole chart. A transition within a collapsed state has none. */
  wayOf: ReadonlyMap<Transition, Way>
}

/**
 * The states down to `depth` levels below the root, and what leads from one to another, by the names of the events. A
 * state at that depth is drawn without the states inside it; what leads to or from those leads to or from it.
 */
export function gistOf(chart: Chart, depth: number): Gist {
  const states = new Map<string, ChartState>()
  /** The state itself, or the collapsed one around it. */
  const shownAs = new Map<string, string>()
  function collapse(state: ChartState, as: string) {
    shownAs.set(state.id, as)
    for (const child of state.children) collapse(child, as)
  }
  function take(state: ChartState, left: number): ChartState {
    const { children, type, initial } = state
    const isWhole = left > 0 || children.length === 0
    const taken: ChartState = {
      ...state,
      type: isWhole ? type : 'atomic',
      initial: isWhole ? initial : null,
      entry: [],
      exit: [],
      invoke: [],
      reactions: [],
      children: [],
      longestInside: isWhole ? '' : longestIn(state),
    }
    states.set(state.id, taken)
    if (isWhole) {
      shownAs.set(state.id, state.id)
      taken.children = children.map((child) => take(child, left - 1))
    } else collapse(state, state.id)
    return taken
  }
  const root = take(chart.root, depth)

  const ways = new Map<string, Way>()
  const wayOf = new Map<Transition, Way>()
  for (const whole of chart.ways) {
    const source = shownAs.get(whole.source) ?? whole.source
    const targets = [...new Set(whole.targets.map((target) => shownAs.get(target) ?? target))]
    if (targets.every((target) => target === source)) continue
    const { eventType, event } = whole
    const key = JSON.stringify([source, targets, event])
    const way = ways.get(key) ?? { source, targets, eventType, event, guard: null, actions: [], nth: -1 }
    ways.set(key, way)
    wayOf.set(whole, way)
  }
  return { chart: { id: chart.id, root, states, ways: [...ways.values()] }, wayOf }
}

/** The longest text that can say where one is inside a state. */
function longestIn({ type, children }: ChartState): string {
  const paths = children.map((child) => {
    const inner = longestIn(child)
    return inner ? `${child.key}.${inner}` : child.key
  })
  if (type === 'parallel') return paths.join(BETWEEN_REGIONS)
  return paths.reduce((longest, path) => (path.length > longest.length ? path : longest), '')
}

/** Stands between the regions of a parallel state, where one line names all. */
export const BETWEEN_REGIONS = ', '

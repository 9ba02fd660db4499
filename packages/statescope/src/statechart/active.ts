import type { StateValue } from 'xstate'
import type { Chart, ChartState, Transition, TransitionPlace } from './chart.ts'

/** The ids of all active states of a value, the outermost first. */
export function activeIn({ root }: Chart, value: StateValue): string[] {
  function within(state: ChartState, part: StateValue | undefined): string[] {
    const inside = state.children.flatMap((child) => {
      if (part === child.key) return within(child, undefined)
      // A state may be named `constructor`, which every object has.
      const inner = typeof part === 'object' && Object.hasOwn(part, child.key) ? part[child.key] : undefined
      return inner === undefined ? [] : within(child, inner)
    })
    return [state.id, ...inside]
  }
  return within(root, value)
}

/** A transition and the state it belongs to. */
export interface Taken {
  source: string
  transition: Transition
}

/** The transitions at these places that exist in the chart. */
export function takenAt(chart: Chart, places: readonly TransitionPlace[]): Taken[] {
  return places.flatMap(({ source, eventType, nth }) =>
    [...chart.ways.filter((way) => way.source === source), ...(chart.states.get(source)?.reactions ?? [])]
      .filter((transition) => transition.eventType === eventType && transition.nth === nth)
      .map((transition) => ({ source, transition })),
  )
}

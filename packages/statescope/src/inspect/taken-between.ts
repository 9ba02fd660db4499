import type { StateValue } from 'xstate'
import { activeIn, type Taken } from '../statechart/active.ts'
import { type Chart, isWithin } from '../statechart/chart.ts'

/** The longest chain of eventless transitions to search. */
const LONGEST_CHAIN = 5

/**
 * Infers the transitions between two values, for messages of other inspectors: their protocol reports where a machine was and is,
 * not how it got there. If only guards distinguish transitions to the same target, returns all of them.
 */
export function takenBetween(
  chart: Chart,
  before: StateValue,
  eventType: string,
  after: StateValue,
): Taken[] {
  const was = activeIn(chart, before)
  const is = activeIn(chart, after)
  const hasMoved = was.join() !== is.join()

  const from = (source: string): Taken[] =>
    [
      ...chart.ways.filter((way) => way.source === source),
      ...(chart.states.get(source)?.reactions ?? []),
    ].map((transition) => ({ source, transition }))
  const around = (id: string): string[] => {
    const parent = chart.states.get(id)?.parent
    return parent ? [id, ...around(parent)] : [id]
  }
  /** A state and the initial states entered with it, the innermost first. */
  const entered = (id: string): string[] => {
    const initial = chart.states.get(id)?.initial
    return initial ? [...entered(initial), id] : [id]
  }

  const isWhereOneLands = (id: string): boolean => {
    const [innermost = id] = entered(id)
    const { type, parent } = chart.states.get(innermost) ?? {}
    return is.includes(type === 'history' && parent ? parent : innermost)
  }

  /** The eventless transitions from an entered state to the final value, if any lead there. */
  function onward(id: string, left = LONGEST_CHAIN): Taken[] | null {
    if (isWhereOneLands(id)) return []
    if (left === 0) return null
    for (const taken of entered(id).flatMap(from)) {
      const [target] = taken.transition.targets
      if (taken.transition.eventType !== '' || target === undefined) continue
      const rest = onward(target, left - 1)
      if (rest) return [taken, ...rest]
    }
    return null
  }
  /** The chain that a transition starts, if it explains the final value. */
  function chainOf(taken: Taken): Taken[] | null {
    const [target] = taken.transition.targets
    if (target === undefined) return hasMoved ? null : [taken]
    const rest = onward(target)
    return rest && [taken, ...rest]
  }

  /** Each region of a parallel state takes its own transition. A state's transitions come before its parent's. */
  const leaves = was.filter((id) => !was.some((other) => other !== id && isWithin(chart, other, id)))
  const found = leaves.map((leaf) => {
    const fitting = around(leaf)
      .flatMap(from)
      .filter(({ transition }) => fits(transition.eventType, eventType))
    const chains = fitting.map(chainOf)
    const first = chains.findIndex((chain) => chain !== null)
    return [...(chains[first] ?? []), ...alike(fitting, first)]
  })
  return [...new Map(found.flat().map((taken) => [taken.transition, taken])).values()]
}

/** A state's other transitions to the same target, which the outcome cannot distinguish. */
function alike(fitting: readonly Taken[], first: number): Taken[] {
  const taken = fitting[first]
  if (!taken) return []
  const others = fitting.slice(first + 1).filter(({ source }) => source === taken.source)
  const certain = [taken, ...others].findIndex(({ transition }) => transition.guard === null)
  const possible = certain < 0 ? others : others.slice(0, certain)
  return possible.filter(({ transition }) => transition.targets.join() === taken.transition.targets.join())
}

/** Matches an event type, also against patterns such as `code.*` and `*`. */
const fits = (named: string, eventType: string) =>
  named === eventType ||
  (named.endsWith('*') && eventType.startsWith(named.slice(0, -1)) && !eventType.startsWith('xstate.'))

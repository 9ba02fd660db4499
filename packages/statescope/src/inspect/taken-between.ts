import type { StateValue } from 'xstate'
import { activeIn, type Taken } from '../statechart/active.ts'
import { type Chart, isWithin } from '../statechart/chart.ts'

/** How many transitions that are taken at once may follow one another before they are thought to be none. */
const LONGEST_CHAIN = 5

/**
 * The transitions that an event took between two values, as far as those tell, for messages of other inspectors: their protocol
 * says where a machine was and is, not which way it went. Where only guards tell ways to one place apart, all of them.
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
  /** A state and what one enters with it, the innermost first. */
  const entered = (id: string): string[] => {
    const initial = chart.states.get(id)?.initial
    return initial ? [...entered(initial), id] : [id]
  }

  const isWhereOneLands = (id: string): boolean => {
    const [innermost = id] = entered(id)
    const { type, parent } = chart.states.get(innermost) ?? {}
    return is.includes(type === 'history' && parent ? parent : innermost)
  }

  /** How a state that was entered leads to where one is: at once, or by transitions that are taken at once. */
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
  /** Whether one could be here after it, and would not have been there anyway. */
  function chainOf(taken: Taken): Taken[] | null {
    const [target] = taken.transition.targets
    if (target === undefined) return hasMoved ? null : [taken]
    const rest = onward(target)
    return rest && [taken, ...rest]
  }

  /** Each region of a parallel state takes its own; a state's own transitions come before those of the state around it. */
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

/** What may have been taken as well, for all that the outcome tells: a state's other ways to the same place. */
function alike(fitting: readonly Taken[], first: number): Taken[] {
  const taken = fitting[first]
  if (!taken) return []
  const others = fitting.slice(first + 1).filter(({ source }) => source === taken.source)
  const certain = [taken, ...others].findIndex(({ transition }) => transition.guard === null)
  const possible = certain < 0 ? others : others.slice(0, certain)
  return possible.filter(({ transition }) => transition.targets.join() === taken.transition.targets.join())
}

/** `code.*` and `*` stand for more than themselves. */
const fits = (named: string, eventType: string) =>
  named === eventType ||
  (named.endsWith('*') && eventType.startsWith(named.slice(0, -1)) && !eventType.startsWith('xstate.'))

/** One possible step from a state: what happens, who says it to whom, and where it leads. */
export interface Move<State> {
  /** A line of the sequence diagram: `Person->>Chart: code.submit`. */
  says: string
  /** Who stands in the diagram as `Chart`, when there are several. */
  chart?: string
  to: State
  /** The rules that this very step breaks. */
  broken?: readonly string[]
}

export interface Exploration {
  states: number
  edges: number
  violation: { rules: readonly string[]; diagram: string } | null
}

export const ENDLESS = 'there is an end to what can happen'

/**
 * Walks every state that can be reached, breadth first, until no new one appears or a rule is broken. Breadth first,
 * so that the trace of a violation is a shortest one.
 */
export function explore<State, Key>(given: {
  start: readonly State[]
  keyOf: (state: State) => Key
  moves: (state: State) => Iterable<Move<State>>
  /** More states than this break a rule too: what only grows would never be all seen. */
  atMost: number
}): Exploration {
  interface Seen {
    state: State
    from: Seen | null
    by: Move<State> | null
  }
  const known = new Set(given.start.map(given.keyOf))
  let frontier: Seen[] = given.start.map((state) => ({ state, from: null, by: null }))
  let edges = 0

  while (frontier.length > 0) {
    const next: Seen[] = []
    for (const seen of frontier) {
      for (const move of given.moves(seen.state)) {
        edges += 1
        const key = given.keyOf(move.to)
        const isNew = !known.has(key)
        const broken = isNew && known.size >= given.atMost ? [...(move.broken ?? []), ENDLESS] : move.broken
        if (broken && broken.length > 0) {
          const trace = [...traceTo(seen), move].map(({ says, chart }) =>
            says.replaceAll('Chart', chart ?? 'Chart'),
          )
          const diagram = ['sequenceDiagram', ...trace, `Note over Chart: breaks “${broken.join('”, “')}”`]
          return {
            states: known.size,
            edges,
            violation: { rules: broken, diagram: diagram.join('\n    ') },
          }
        }
        if (!isNew) continue
        known.add(key)
        next.push({ state: move.to, from: seen, by: move })
      }
    }
    frontier = next
  }
  return { states: known.size, edges, violation: null }

  function traceTo({ from, by }: Seen): Move<State>[] {
    return from && by ? [...traceTo(from), by] : []
  }
}

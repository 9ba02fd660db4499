import type { SeenActor } from './timeline.ts'

/** Lists children below their parents. In a circle of parents, the first actor counts as the outermost. */
export function actorTree(actors: ReadonlyMap<string, SeenActor>): (SeenActor & { depth: number })[] {
  const children = Map.groupBy(actors.values(), ({ parentId }) => parentId)
  const tree: (SeenActor & { depth: number })[] = []
  const placed = new Set<string>()
  const isOutermost = ({ parentId }: SeenActor) => parentId === null || !actors.has(parentId)
  for (const first of [...[...actors.values()].filter(isOutermost), ...actors.values()]) {
    const next = [{ ...first, depth: 0 }]
    for (let actor = next.pop(); actor; actor = next.pop()) {
      if (placed.has(actor.sessionId)) continue
      placed.add(actor.sessionId)
      tree.push(actor)
      const depth = actor.depth + 1
      for (const child of children.get(actor.sessionId)?.toReversed() ?? []) next.push({ ...child, depth })
    }
  }
  return tree
}

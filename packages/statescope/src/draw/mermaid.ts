import { type Chart, type ChartState, isWithin } from '../statechart/chart.ts'
import { type Direction, rowsOf, titleOf, wordsOf } from '../statechart/layout.ts'
import { legible } from '../statechart/legible.ts'

/**
 * Writes a chart in Mermaid's language, which lacks three things. A history state becomes a state with that name. A transition
 * into a substate starts from a state named `any`. A transition to an ancestor leads to the ancestor's initial state.
 */
export function mermaidOf(chart: Chart, direction: Direction = 'down'): string {
  const names = namesOf(chart)
  const nameOf = (id: string) => names.get(id) ?? ''
  const edges = new Map<string, string[]>()
  const sourcesWithin = new Set<string>()
  for (const way of chart.ways) {
    for (const target of way.targets) {
      if (target === way.source) continue
      const leadsInside = isWithin(chart, target, way.source)
      if (leadsInside) sourcesWithin.add(way.source)
      const source = leadsInside ? anyIn(nameOf(way.source)) : nameOf(way.source)
      const edge = `${source} --> ${nameOf(leadsInside ? target : beginningFor(chart, way.source, target))}`
      edges.set(edge, [...(edges.get(edge) ?? []), wordsOf(way).whole])
    }
  }

  function linesOf(state: ChartState): string[] {
    const { id, type, children, initial } = state
    const name = nameOf(id)
    const rows = rowsOf(state).map(({ whole }) => text(whole))
    const title = text(titleOf(state))
    if (children.length === 0)
      return [`state "${title}" as ${name}`, ...rows.map((row) => `${name} : ${row}`)]
    return [
      `state "${[title, ...rows].join('<br>')}" as ${name} {`, // a state with substates has no room for rows
      ...[
        ...(direction === 'right' ? ['direction LR'] : []), // applies to one level only
        ...(sourcesWithin.has(id) ? [`state "any" as ${anyIn(name)}`] : []),
        ...(initial ? [`[*] --> ${nameOf(initial)}`] : []),
        ...children.flatMap((child, index) => [
          ...(type === 'parallel' && index > 0 ? ['--'] : []),
          ...linesOf(child),
          ...(child.type === 'final' ? [`${nameOf(child.id)} --> [*]`] : []),
        ]),
      ].map((line) => `    ${line}`),
      '}',
    ]
  }
  const lines = [
    ...linesOf(chart.root),
    ...[...edges].map(([edge, words]) => `${edge} : ${words.map(text).join('<br>')}`),
  ]
  return ['stateDiagram-v2', ...lines.map((line) => `    ${line}`), ''].join('\n')
}

const anyIn = (name: string) => `${name}__any`

/** A unique name for each state that Mermaid does not take for a keyword. */
function namesOf({ states }: Chart): Map<string, string> {
  const taken = new Set<string>()
  return new Map(
    [...states.keys()].map((id) => {
      const wanted = `s_${id.replace(/[^a-z0-9]+/gi, '_')}`
      let name = wanted
      for (let nth = 2; taken.has(name); nth++) name = `${wanted}_${nth}`
      taken.add(name)
      return [id, name]
    }),
  )
}

/** Mermaid allows no line to an ancestor, so the line leads to the ancestor's initial state. */
function beginningFor(chart: Chart, source: string, target: string): string {
  if (target === source || !isWithin(chart, source, target)) return target
  const around = chart.states.get(target)
  const region = around?.children.find(({ id }) => isWithin(chart, source, id))
  const next = around?.initial ?? region?.id
  return next === undefined ? target : beginningFor(chart, source, next)
}

/** Writes characters with a meaning in Mermaid by their number, and the dot that would make `1.` a list. */
const text = (given: string) =>
  legible(given)
    .replace(/[^\p{L}\p{N} _.,()[\]/]/gu, (character) => `#${character.codePointAt(0)};`)
    .replace(/^(\d+)\./, '$1#46;')

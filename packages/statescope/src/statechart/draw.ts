import type { Build } from './build.ts'
import type { Chart, Transition } from './chart.ts'
import { type Arrow, type Box, type Layout, LINE, NAME_LINE, PAD, type Point } from './layout.ts'

/** A chart as SVG, whose classes `LOOKS` describes, with the parts of it that can be lit. */
export interface Drawing<Shape> {
  picture: Shape
  width: number
  height: number
  /** What stands for a state, by its id. */
  states: Map<string, Shape>
  /** The words of a transition, one for each place that it leads to. */
  words: Map<Transition, Shape[]>
  /** The text that says where one is inside a state whose states are not shown, by its id. */
  insides: Map<string, Shape>
}

/** Draws a chart with `svg`. States carry `data-state`, what leads on `data-way`. */
export function draw<Shape>(
  chart: Chart,
  { width, height, boxes, arrows }: Layout,
  svg: Build<Shape>,
): Drawing<Shape> {
  const states = new Map<string, Shape>()
  const words = new Map<Transition, Shape[]>()
  const insides = new Map<string, Shape>()
  const numbers = new Map<Transition, number>(chart.ways.map((way, index) => [way, index]))
  const addWords = (transition: Transition, text: Shape) =>
    words.set(transition, [...(words.get(transition) ?? []), text])

  function boxOf({ state, x, y, width, height, name, rows }: Box): Shape {
    const { id, type, tags, children, reactions, longestInside } = state
    const rect = (inset: number) =>
      svg('rect', {
        class: type === 'parallel' ? 'box dashed' : 'box',
        x: x + inset,
        y: y + inset,
        width: width - 2 * inset,
        height: height - 2 * inset,
        rx: 8 - inset,
      })
    const cut = rows.filter(({ text, words }) => text !== words).map(({ words }) => words)
    const title = [id, ...(tags.length > 0 ? [`tags: ${tags.join(', ')}`] : []), ...cut].join('\n')
    const ruleAt = y + NAME_LINE + rows.length * LINE + (rows.length > 0 ? 6 : 0)
    const box = svg(
      'g',
      { class: `state ${type}`, 'data-state': id },
      svg('title', {}, title),
      rect(0),
      ...(type === 'final' ? [rect(3)] : []),
      ...(children.length > 0 ? [svg('path', { class: 'rule', d: `M${x} ${ruleAt}h${width}` })] : []),
      svg('text', { class: 'name', x: x + PAD, y: y + 20 }, name),
      ...rows.map(({ text, eventType }, index) => {
        const event = eventType === null ? {} : { 'data-event': eventType }
        const at = { x: x + PAD, y: y + NAME_LINE + 10 + index * LINE }
        if (longestInside) {
          const inside = svg('text', { class: 'row', ...at })
          insides.set(id, inside)
          return inside
        }
        const row = svg('text', { class: 'row', ...event, ...at }, text)
        for (const reaction of reactions) if (reaction.eventType === eventType) addWords(reaction, row)
        return row
      }),
    )
    states.set(id, box)
    return box
  }

  function arrowOf({ source, dot, dotAt, ways, points, label }: Arrow): Shape {
    const isDefault = source !== null && chart.states.get(source)?.type === 'history'
    const titles = ways.map(
      ({ event, guard, actions }) =>
        `${event}${guard ? ` [${guard}]` : ''}${actions.length > 0 ? ` / ${actions.join(', ')}` : ''}`,
    )
    const lines = label?.lines.map((line, index) => {
      const way = ways[index]
      const at = { x: label.x + 4, y: label.y + 13 + (label.isBrief ? 0 : index * LINE) }
      const text = svg('text', { class: 'event', 'data-way': (way && numbers.get(way)) ?? '', ...at }, line)
      if (way) addWords(way, text)
      return text
    })
    return svg(
      'g',
      {
        class: label?.isBrief ? 'way brief' : 'way',
        'data-source': source ?? '',
      },
      svg('title', {}, titles.join('\n')),
      ...(dot !== 'any' && dotAt ? [svg('circle', { class: 'start', cx: dotAt.x, cy: dotAt.y, r: 5 })] : []),
      ...(dot === 'any' && dotAt ? anyAt(svg, dotAt) : []),
      svg('path', {
        class: isDefault ? 'line dotted' : 'line',
        d: rounded(points),
        'marker-end': 'url(#head)',
      }),
      ...(label
        ? [
            svg('rect', {
              class: 'label',
              x: label.x,
              y: label.y,
              width: label.width,
              height: label.height,
              rx: 4,
            }),
          ]
        : []),
      ...(lines ?? []),
    )
  }

  const picture = svg(
    'svg',
    {
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-label': `Statechart of ${chart.id}`,
    },
    // A line each, for who reads the file.
    ...[
      headOf(svg),
      svg('rect', { class: 'ground', width, height }),
      ...boxes.map(boxOf),
      ...arrows.map(arrowOf),
    ].flatMap((part) => ['\n', part]),
    '\n',
  )
  return { picture, width, height, states, words, insides }
}

/** The head of every arrow. */
const headOf = <Shape>(svg: Build<Shape>) =>
  svg(
    'defs',
    {},
    svg(
      'marker',
      {
        id: 'head',
        viewBox: '0 0 8 8',
        refX: 7,
        refY: 4,
        markerUnits: 'userSpaceOnUse',
        markerWidth: 9,
        markerHeight: 9,
        orient: 'auto',
      },
      svg('path', { class: 'head', d: 'M0 0.5 8 4 0 7.5z' }),
    ),
  )

const anyAt = <Shape>(svg: Build<Shape>, { x, y }: Point) => [
  svg('rect', { class: 'pill', x: x - 17, y: y - 10, width: 34, height: 20, rx: 10 }),
  svg('text', { class: 'row middle', x, y: y + 4 }, 'any'),
]

const CORNER = 6
/** A line through the points, its corners round. */
function rounded(points: readonly Point[]): string {
  const toward = (from: Point, to: Point, distance: number): Point => {
    const length = Math.hypot(to.x - from.x, to.y - from.y) || 1
    const part = Math.min(distance / length, 0.5)
    return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part }
  }
  return points
    .map((point, index) => {
      const [before, after] = [points[index - 1], points[index + 1]]
      if (!before) return `M${point.x} ${point.y}`
      if (!after) return `L${point.x} ${point.y}`
      const [start, end] = [toward(point, before, CORNER), toward(point, after, CORNER)]
      return `L${start.x} ${start.y}Q${point.x} ${point.y} ${end.x} ${end.y}`
    })
    .join('')
}

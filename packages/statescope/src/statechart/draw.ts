import type { Attributes, Build } from './build.ts'
import type { Chart, Transition } from './chart.ts'
import {
  type Arrow,
  type Box,
  headHeight,
  type Layout,
  LINE,
  NAME_LINE,
  PAD,
  type Point,
  type Words,
} from './layout.ts'

/** A chart as SVG with the classes of `LOOKS`, and its parts that can be highlighted. */
export interface Drawing<Shape> {
  picture: Shape
  width: number
  height: number
  /** The shape of each state, by id. */
  states: Map<string, Shape>
  /** The labels of a transition, one for each target. */
  words: Map<Transition, Shape[]>
  /** The text that names the active substates of a collapsed state, by its id. */
  insides: Map<string, Shape>
}

/** Draws a chart with `svg`. States carry `data-state`, and arrows `data-way`. */
export function draw<Shape>(
  chart: Chart,
  { width, height, boxes, arrows, isMap }: Layout,
  svg: Build<Shape>,
): Drawing<Shape> {
  const states = new Map<string, Shape>()
  const words = new Map<Transition, Shape[]>()
  const insides = new Map<string, Shape>()
  const numbers = new Map<Transition, number>(chart.ways.map((way, index) => [way, index]))
  const addWords = (transition: Transition, text: Shape) =>
    words.set(transition, [...(words.get(transition) ?? []), text])

  function textOf(kind: string, { lines, head }: Words, x: number, y: number, more: Attributes = {}): Shape {
    const soft = (text: string) => (text ? [svg('tspan', { class: 'soft' }, text)] : [])
    const [first = '', ...others] = lines
    const end = first[head] === ' ' ? head + 1 : head // librsvg drops a leading space of a part
    return svg(
      'text',
      { class: kind, ...more, x, y },
      first.slice(0, head ? end : undefined),
      ...(head ? soft(first.slice(end)) : []),
      ...others.map((line, index) => svg('tspan', { class: 'soft', x, y: y + (index + 1) * LINE }, line)),
    )
  }

  function boxOf({ state, x, y, width, height, name, rows }: Box): Shape {
    const { id, type, children, longestInside } = state
    const rect = (inset: number) =>
      svg('rect', {
        class: type === 'parallel' ? 'box dashed' : 'box',
        x: x + inset,
        y: y + inset,
        width: width - 2 * inset,
        height: height - 2 * inset,
        rx: 8 - inset,
      })
    const cut = rows.filter(({ isCut }) => isCut).map(({ whole }) => whole)
    const ruleAt = y + headHeight(rows)
    let rowAt = y + NAME_LINE + 10
    const box = svg(
      'g',
      { class: `state ${type}`, 'data-state': id },
      svg('title', {}, [id, ...cut].join('\n')),
      rect(0),
      ...(type === 'final' ? [rect(3)] : []),
      ...(children.length > 0 ? [svg('path', { class: 'rule', d: `M${x} ${ruleAt}h${width}` })] : []),
      svg('text', { class: 'name', x: x + PAD, y: y + 20 }, name),
      ...rows.map((row) => {
        const at = { x: x + PAD, y: rowAt }
        rowAt += row.lines.length * LINE
        if (longestInside) {
          const inside = svg('text', { class: 'row', ...at })
          insides.set(id, inside)
          return inside
        }
        const { reaction } = row
        if (!reaction) return textOf('row', row, at.x, at.y)
        const text = textOf('event', row, at.x, at.y, { 'data-event': reaction.eventType })
        addWords(reaction, text)
        return text
      }),
    )
    states.set(id, box)
    return box
  }

  function arrowOf({ source, dot, dotAt, ways, points, label }: Arrow): Shape {
    const isDefault = source !== null && chart.states.get(source)?.type === 'history'
    let lineAt = (label?.y ?? 0) + 13
    const texts = label?.words.map((words, index) => {
      const way = ways[index]
      const text = textOf('event', words, label.x + 4, lineAt, {
        'data-way': (way && numbers.get(way)) ?? '',
        'data-event': way?.eventType ?? '',
      })
      if (!label.isBrief) lineAt += words.lines.length * LINE
      if (way) addWords(way, text)
      return text
    })
    return svg(
      'g',
      {
        class: label?.isBrief ? 'way brief' : 'way',
        'data-source': source ?? '',
      },
      svg('title', {}, label?.words.map(({ whole }) => whole).join('\n') ?? ''),
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
      ...(texts ?? []),
    )
  }

  const picture = svg(
    'svg',
    {
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      class: isMap ? 'map' : '',
      'aria-label': `Statechart of ${chart.id}`,
    },
    // One line each, to keep the file readable.
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
/** A line through the points, with rounded corners. */
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

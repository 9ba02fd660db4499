import { svg } from './build.ts'
import type { Chart, Transition } from './chart.ts'
import { type Arrow, type Box, type Layout, LINE, NAME_LINE, PAD, type Point } from './layout.ts'

/** A chart as an SVG element, which `CHART_STYLE` colors, with the parts of it that can be lit. */
export interface Drawing {
  picture: SVGSVGElement
  /** What stands for a state, by its id. */
  states: Map<string, Element>
  /** The words of a transition, one for each place that it leads to. */
  words: Map<Transition, Element[]>
  /** The text that says where one is inside a state whose states are not shown, by its id. */
  insides: Map<string, Element>
}

/** Draws a chart. States carry `data-state`, what leads on `data-way`. */
export function draw(chart: Chart, { width, height, boxes, arrows }: Layout): Drawing {
  const states = new Map<string, Element>()
  const words = new Map<Transition, Element[]>()
  const insides = new Map<string, Element>()
  const numbers = new Map<Transition, number>(chart.ways.map((way, index) => [way, index]))
  const addWords = (transition: Transition, text: Element) =>
    words.set(transition, [...(words.get(transition) ?? []), text])

  function boxOf({ state, x, y, width, height, name, rows }: Box): Element {
    const { id, type, tags, children, reactions, longestInside } = state
    const rect = (inset: number) =>
      svg('rect', {
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

  function arrowOf({ source, dot, dotAt, ways, points, label }: Arrow): Element {
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
        class: ['way', ...(isDefault ? ['default'] : []), ...(label?.isBrief ? ['brief'] : [])].join(' '),
        'data-source': source ?? '',
      },
      svg('title', {}, titles.join('\n')),
      ...(dot !== 'any' && dotAt ? [svg('circle', { class: 'start', cx: dotAt.x, cy: dotAt.y, r: 5 })] : []),
      ...(dot === 'any' && dotAt ? anyAt(dotAt) : []),
      svg('path', { class: 'line', d: rounded(points), 'marker-end': 'url(#head)' }),
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
    ...[head(), ...boxes.map(boxOf), ...arrows.map(arrowOf)].flatMap((part) => ['\n', part]),
    '\n',
  )
  return { picture, states, words, insides }
}

/** The head of every arrow. */
const head = () =>
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
        orient: 'auto-start-reverse',
      },
      svg('path', { d: 'M0 0.5 8 4 0 7.5z' }),
    ),
  )

const anyAt = ({ x, y }: Point) => [
  svg('rect', { class: 'any', x: x - 17, y: y - 10, width: 34, height: 20, rx: 10 }),
  svg('text', { class: 'row any', x, y: y + 4 }, 'any'),
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

/** Light and dark follow `color-scheme`; the custom properties may be set from outside. */
export const CHART_STYLE = `
svg{--_ink:var(--chart-ink,light-dark(#1f2633,#e6e9ef));--_soft:var(--chart-soft,light-dark(#5b6575,#a3adbb));--_line:var(--chart-line,light-dark(#8d97a6,#667080));--_ground:var(--chart-ground,light-dark(#fff,#14181e));--_box:var(--chart-box,light-dark(#f6f7f9,#1c222b));--_lit:var(--chart-lit,light-dark(#2f5fe0,#86aaff));font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;background:var(--_ground)}
.state>rect{fill:var(--_box);stroke:var(--_line);transition:stroke 150ms,fill 150ms}
.parallel>rect{stroke-dasharray:6 4}
.rule{stroke:var(--_line);stroke-width:.5}
.name{font-size:13px;font-weight:600;fill:var(--_ink)}
.row{font-size:11px;fill:var(--_soft)}
.row.any{text-anchor:middle}
.event{font-size:11px;fill:var(--_ink)}
.line{fill:none;stroke:var(--_line);stroke-width:1.2}
.default>.line{stroke-dasharray:4 3}
marker path{fill:var(--_line);fill:context-stroke}
.start{fill:var(--_ink)}
rect.any{fill:var(--_ground);stroke:var(--_line)}
.label{fill:var(--_ground);opacity:.92}
.brief>:is(.label,.event):not([data-taken]){display:none}
.state[data-active]>rect{stroke:var(--_lit);stroke-width:2}
.state[data-active]:not(.compound,.parallel)>rect{fill:color-mix(in srgb,var(--_lit) 16%,var(--_box))}
.state[data-active]>.name{fill:var(--_lit)}
.way[data-next]>.line{stroke:var(--_ink);stroke-width:1.6}
.way[data-taken]>.line{stroke:var(--_lit);stroke-width:2.4;stroke-dasharray:8 5;animation:taken 600ms linear 3}
.event[data-taken],.row[data-taken]{fill:var(--_lit);font-weight:600}
@keyframes taken{from{stroke-dashoffset:26}to{stroke-dashoffset:0}}
@media (prefers-reduced-motion:reduce){.way[data-taken]>.line{animation:none}.state>rect{transition:none}}
`

import type { ElkExtendedEdge, ElkNode } from 'elkjs'
import { type Chart, type ChartState, isWithin, type Transition, type Way } from './chart.ts'
import type { Layouter } from './load-elk.ts'
import { cut, LONGEST, shortened } from './shortened.ts'

/** The position of everything, in CSS pixels from the top left corner of the picture. */
export interface Layout {
  width: number
  height: number
  boxes: Box[]
  arrows: Arrow[]
  /** An arrow shows its label only while it is highlighted. */
  isBrief: boolean
  /** There are too many states to route arrows: the states lie in rows, and the arrows are straight. */
  isMap: boolean
}

/** The direction of a chart: from top to bottom, or from left to right. */
export type Direction = 'down' | 'right'

export interface Box {
  state: ChartState
  x: number
  y: number
  width: number
  height: number
  name: string
  /** The rows below its name. */
  rows: Row[]
}

/** A text in a few lines. */
export interface Words {
  lines: string[]
  /** The whole text, however long. */
  whole: string
  isCut: boolean
  /** How many characters of the first line are its heading. */
  head: number
}

interface Row extends Words {
  /** The transition that the row describes, if any. */
  reaction: Transition | null
}

/** All transitions from one place to another. */
export interface Arrow {
  /** The states at its ends. If `source` is null, it points to an initial state. */
  source: string | null
  target: string
  /** The dot at which it starts, if it does not start at a box. */
  dot: 'start' | 'any' | null
  /** The position of the dot; or the end point of an arrow from within a parallel state to that state. */
  dotAt: Point | null
  ways: Way[]
  points: Point[]
  label: Label | null
}

interface Label {
  x: number
  y: number
  width: number
  height: number
  /** One for each transition. */
  words: Words[]
  /** There is room for only one line, that of the transition that was taken. */
  isBrief: boolean
}

export interface Point {
  x: number
  y: number
}

/** Letters of monospaced fonts are 0.602 times as wide as their size, so no text needs measuring. */
const FONT = { name: 13, row: 11 } as const
const CHARACTER = 0.602
export const NAME_LINE = 30
export const LINE = 16
export const PAD = 12
/** The room for a button next to a name. */
const FOLD = 24
const DOT = { start: { width: 10, height: 10 }, any: { width: 34, height: 20 } } as const

/** East Asian characters and emoji are two columns wide. */
const columnsOf = (text: string) => [...text].length + (text.match(WIDE)?.length ?? 0)
const WIDE =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/gu

const textWidth = (text: string, size: number) => columnsOf(text) * size * CHARACTER

/** The most lines of a text; the title has all of it. */
const MOST_LINES = 3
/** The longest label line, in characters: a longer one would push neighboring arrows away. */
const LONGEST_BY_ARROW = 30

function inLines(whole: string, head = 0, most = LONGEST): Words {
  const all: string[] = []
  for (const word of whole.split(/(?<!\/)\s+/)) {
    const longer = `${all.at(-1)} ${word}`
    if (all.length > 0 && columnsOf(longer) <= most) all[all.length - 1] = longer
    else all.push(all.length > 0 ? ` ${word}` : word)
  }
  const lines = all.slice(0, MOST_LINES).map((line, index) => {
    return index + 1 === MOST_LINES && all.length > MOST_LINES ? cut(line) : shortened(line)
  })
  return { lines, whole, isCut: lines.join() !== all.join(), head }
}

/** Elk's options: https://eclipse.dev/elk/reference/options.html */
const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST', // reads from the initial state
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.json.edgeCoords': 'ROOT',
  'elk.json.shapeCoords': 'ROOT',
  'elk.edgeLabels.inline': 'true',
  'elk.layered.nodePlacement.strategy': 'LINEAR_SEGMENTS', // other strategies take many times as long for 200 states
  'elk.layered.spacing.nodeNodeBetweenLayers': '24',
  'elk.layered.spacing.edgeNodeBetweenLayers': '16',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '18',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '4',
}

/** With more states and transitions, the engine takes seconds; with 400 tangled ones, more than a minute. */
const MOST_LAYERED = 200
const MAP = {
  'elk.algorithm': 'rectpacking',
  'elk.aspectRatio': '1.6',
  'elk.json.shapeCoords': 'ROOT',
  'elk.spacing.nodeNode': '28',
}

/** Lays out a chart with `elkjs`: as a map, if it has more states and transitions than `most`. Brief labels take no room. */
export async function layOut(
  chart: Chart,
  elk: Layouter,
  { brief = false, direction = 'down' as Direction, most = MOST_LAYERED } = {},
): Promise<Layout> {
  const isMap = chart.states.size + chart.ways.length > most
  const isBrief = brief || isMap
  const options = isMap ? MAP : { ...OPTIONS, 'elk.direction': direction.toUpperCase() }
  // States may have any id, even one that the engine or the dots use.
  const states = [...chart.states.values()]
  const numbers = new Map(states.map(({ id }, index) => [id, String(index)]))
  const numberOf = (id: string) => numbers.get(id) ?? ''

  const arrows = new Map<string, Arrow>()
  function addArrow(source: string | null, target: string, from: string, dot: Arrow['dot']): Arrow {
    const key = `${from} → ${numberOf(target)}`
    const arrow = arrows.get(key) ?? { source, target, dot, dotAt: null, ways: [], points: [], label: null }
    arrows.set(key, arrow)
    return arrow
  }
  for (const { id, initial } of states) {
    if (initial) addArrow(null, initial, `${numberOf(id)}:start`, 'start')
  }
  for (const way of chart.ways) {
    for (const target of way.targets) {
      if (target === way.source) continue
      const leadsInside = isWithin(chart, target, way.source)
      const source = numberOf(way.source)
      const from = leadsInside ? `${source}:any` : source
      addArrow(way.source, target, from, leadsInside ? 'any' : null).ways.push(way)
    }
  }

  const edges: ElkExtendedEdge[] = [...arrows].map(([id, { source, target, ways }]) => {
    const words = ways.map(wordsOf)
    // A transition to an ancestor is drawn to the ancestor's initial state.
    const leadsOut = source !== null && source !== target && isWithin(chart, source, target)
    return {
      id,
      sources: [beginOf(id)],
      targets: [leadsOut ? `${numberOf(target)}:start` : numberOf(target)],
      labels: words.length > 0 && !isBrief ? [{ text: id, ...sizeOf(words) }] : [],
    }
  })
  const dots = new Set(edges.flatMap(({ sources, targets }) => [...sources, ...targets]))

  function nodeOf(state: ChartState): ElkNode {
    const rows = rowsOf(state)
    const fold = state.children.length > 0 || state.longestInside ? FOLD : 0
    const width =
      Math.max(textWidth(shortened(titleOf(state)), FONT.name) + fold, widthOf(rows), 48) + 2 * PAD
    const head = headHeight(rows)
    const id = numberOf(state.id)
    if (state.children.length === 0) return { id, width, height: Math.max(head, 36) }
    const kinds = (['start', 'any'] as const).filter((kind) => dots.has(`${id}:${kind}`))
    return {
      id,
      layoutOptions: {
        ...options,
        'elk.padding': `[top=${head + 16},left=16,bottom=16,right=16]`,
        'elk.nodeSize.constraints': 'MINIMUM_SIZE',
        // A chart that leads down is laid out to the right and turned. Only this size is not turned: height, width.
        'elk.nodeSize.minimum':
          direction === 'down' && !isMap ? `(${head + 32},${width})` : `(${width},${head + 32})`,
      },
      children: [
        ...(isMap ? [] : kinds).map((kind) => ({ id: `${id}:${kind}`, ...DOT[kind] })),
        ...state.children.map(nodeOf),
      ],
    }
  }

  const graph: ElkNode = {
    id: 'all',
    layoutOptions: { ...options, 'elk.padding': '[top=8,left=8,bottom=8,right=8]' },
    children: [nodeOf(chart.root)],
    edges: isMap ? [] : edges,
  }
  const placed: ElkNode = { ...graph, ...(await elk.layout(graph)) }

  const boxes: Box[] = []
  const dotsAt = new Map<string, Point>()
  const place = ({ id, x = 0, y = 0, width = 0, height = 0, children = [] }: ElkNode): void => {
    const state = states[Number(id)]
    if (state)
      boxes.push({ state, x, y, width, height, name: shortened(titleOf(state)), rows: rowsOf(state) })
    else dotsAt.set(id, { x: x + width / 2, y: y + height / 2 })
    children.forEach(place)
  }
  placed.children?.forEach(place)
  for (const { id, sections = [], labels = [] } of placed.edges ?? []) {
    const arrow = arrows.get(id)
    if (!arrow) continue
    const [section] = sections
    if (section) arrow.points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint]
    const [label] = labels
    if (label) {
      const { x = 0, y = 0, width = 0, height = 0 } = label
      arrow.label = { x, y, width, height, words: arrow.ways.map(wordsOf), isBrief: false }
    }
    const dot = arrow.dot ? beginOf(id) : `${numberOf(arrow.target)}:start`
    const isShown = arrow.dot !== null || chart.states.get(arrow.target)?.initial === null
    arrow.dotAt = (isShown && dotsAt.get(dot)) || null
  }
  const boxOf = new Map(boxes.map((box) => [box.state.id, box]))
  for (const arrow of arrows.values()) {
    const to = boxOf.get(arrow.target)
    if (isMap && to) Object.assign(arrow, straight(boxOf.get(arrow.source ?? ''), to))
    if (isBrief && arrow.ways.length > 0) arrow.label = briefLabel(arrow, placed.width ?? 0)
  }
  return {
    width: Math.ceil(placed.width ?? 0),
    height: Math.ceil(placed.height ?? 0),
    boxes,
    arrows: [...arrows.values()],
    isBrief,
    isMap,
  }
}

/** A straight arrow between two states, or to an initial state. It meets a state with substates at its name. */
function straight(from: Box | undefined, to: Box): Pick<Arrow, 'dot' | 'dotAt' | 'points'> {
  const end = { x: to.x, y: to.y + NAME_LINE / 2 }
  const start = { x: to.x - 16, y: end.y }
  if (!from) return { dot: 'start', dotAt: start, points: [start, end] }
  return { dot: null, dotAt: null, points: [edgeOf(from, to), edgeOf(to, from)] }
}

/** The point where the line between the middles of two boxes leaves the first. */
function edgeOf(box: Box, other: Box): Point {
  const heightOf = ({ state, height }: Box) => (state.children.length > 0 ? NAME_LINE : height)
  const middle = (of: Box) => ({ x: of.x + of.width / 2, y: of.y + heightOf(of) / 2 })
  const [{ x, y }, toward] = [middle(box), middle(other)]
  const [dx, dy] = [toward.x - x, toward.y - y]
  const part = Math.min(box.width / 2 / Math.abs(dx), heightOf(box) / 2 / Math.abs(dy), 1)
  return { x: x + dx * part, y: y + dy * part }
}

/** A label in the middle of an arrow's longest segment, within the picture. */
function briefLabel({ ways, points }: Arrow, room: number): Label {
  const words = ways.map(wordsOf)
  const { width } = sizeOf(words)
  const height = LINE + 4
  const stretches = points.slice(1).map((to, index) => ({ from: points[index] ?? to, to }))
  const lengthOf = ({ from, to }: { from: Point; to: Point }) => Math.hypot(to.x - from.x, to.y - from.y)
  const { from, to } = stretches.reduce((longest, next) =>
    lengthOf(next) > lengthOf(longest) ? next : longest,
  )
  const x = Math.max(4, Math.min((from.x + to.x - width) / 2, room - width - 4))
  return { x, y: (from.y + to.y - height) / 2, width, height, words, isBrief: true }
}

const beginOf = (arrow: string) => arrow.slice(0, arrow.indexOf(' → '))

export const titleOf = ({ key, type, history }: ChartState) =>
  type === 'history' ? `${key} (${history === 'deep' ? 'deep history' : 'history'})` : key

const widthOf = (words: Words[]) =>
  Math.max(0, ...words.flatMap(({ lines }) => lines.map((line) => textWidth(line, FONT.row))))
const heightOf = (words: Words[]) => words.reduce((sum, { lines }) => sum + lines.length * LINE, 0)
const sizeOf = (words: Words[]) => ({ width: widthOf(words) + 8, height: heightOf(words) + 4 })

/** The height of a box's name and rows. */
export const headHeight = (rows: Row[]) => NAME_LINE + (rows.length > 0 ? heightOf(rows) + 6 : 0)

export function wordsOf(transition: Transition): Words {
  const { order, event, reenters, guard, actions, isForbidden, description, meta, targets } = transition
  const isWay = 'source' in transition
  const sign = isWay ? '' : targets.length > 0 ? '↻ ' : isForbidden ? '× ' : '• '
  const head = `${sign}${order && `${order} `}${event}`
  const more = [
    isForbidden && ': forbidden',
    reenters && ' (reenter)',
    guard && ` [${guard}]`,
    actions.length > 0 && ` / ${actions.join(', ')}`,
    description && ` “${description}”`,
    meta && ` meta: ${meta}`,
  ]
  return inLines(head + more.filter(Boolean).join(''), head.length, isWay ? LONGEST_BY_ARROW : LONGEST)
}

export function rowsOf(state: ChartState): Row[] {
  const { description, tags, invoke, entry, exit, begin, output, meta, reactions, longestInside } = state
  const about = (title: string, text: string): Row[] =>
    text ? [{ ...inLines(`${title}${text}`), reaction: null }] : []
  return [
    ...(longestInside
      ? [{ lines: [shortened(longestInside)], whole: '', isCut: false, head: 0, reaction: null }]
      : []),
    ...about('', description),
    ...about('tags: ', tags.join(', ')),
    ...invoke.flatMap((name) => about('invoke / ', name)),
    ...about('entry / ', entry.join(', ')),
    ...about('exit / ', exit.join(', ')),
    ...about('initial / ', begin.join(', ')),
    ...about('output: ', output),
    ...about('meta: ', meta),
    ...reactions.map((reaction) => ({ ...wordsOf(reaction), reaction })),
  ]
}

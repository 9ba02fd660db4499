import type { ElkExtendedEdge, ElkNode } from 'elkjs'
import { type Chart, type ChartState, isWithin, type Transition, type Way } from './chart.ts'
import type { Layouter } from './load-elk.ts'
import { cut, LONGEST, shortened } from './shortened.ts'

/** Where everything stands, in CSS pixels from the top left corner of the whole. */
export interface Layout {
  width: number
  height: number
  boxes: Box[]
  arrows: Arrow[]
  /** Words stand by an arrow only while it is lit. */
  isBrief: boolean
  /** Too many states to lay arrows between them: the states lie in rows, and arrows run straight. */
  isMap: boolean
}

/** Where a chart leads. */
export type Direction = 'down' | 'right'

export interface Box {
  state: ChartState
  x: number
  y: number
  width: number
  height: number
  name: string
  /** What stands below its name. */
  rows: Row[]
}

/** What is said in a few lines. */
export interface Words {
  lines: string[]
  /** All of it, however long. */
  whole: string
  isCut: boolean
  /** How many characters of the first line say what it is about. */
  head: number
}

interface Row extends Words {
  /** What it is about, where that is a transition. */
  reaction: Transition | null
}

/** All that leads from one place to another. */
export interface Arrow {
  /** The states at its ends; where `source` is null, it shows where a compound state begins. */
  source: string | null
  target: string
  /** What it starts from, other than a state's box. */
  dot: 'start' | 'any' | null
  /** Where that is; or, for an arrow from within a parallel state to that state, the point at which it ends. */
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
  /** For each way. */
  words: Words[]
  /** There is room for one line at a time: of the transition that was taken. */
  isBrief: boolean
}

export interface Point {
  x: number
  y: number
}

/** Monospaced fonts are six tenths of their size wide, so that nothing has to be measured. */
const FONT = { name: 13, row: 11 } as const
const CHARACTER = 0.602
export const NAME_LINE = 30
export const LINE = 16
export const PAD = 12
/** What a button needs beside a name. */
const FOLD = 24
const DOT = { start: { width: 10, height: 10 }, any: { width: 34, height: 20 } } as const

/** East Asian characters and emoji are as wide as two. */
const columnsOf = (text: string) => [...text].length + (text.match(WIDE)?.length ?? 0)
const WIDE =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/gu

const textWidth = (text: string, size: number) => columnsOf(text) * size * CHARACTER

/** More lines of one thing are not read; the title has them all. */
const MOST_LINES = 3
/** An arrow should not keep its neighbors far away. */
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
  'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST', // reads on from where the machine begins
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.json.edgeCoords': 'ROOT',
  'elk.json.shapeCoords': 'ROOT',
  'elk.edgeLabels.inline': 'true',
  'elk.layered.nodePlacement.strategy': 'LINEAR_SEGMENTS', // with others, 200 states take many times as long
  'elk.layered.spacing.nodeNodeBetweenLayers': '24',
  'elk.layered.spacing.edgeNodeBetweenLayers': '16',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '18',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '4',
}

/** With more states and ways, the engine takes seconds, and with 400 in one another's way more than a minute. */
const MOST_LAYERED = 200
const MAP = {
  'elk.algorithm': 'rectpacking',
  'elk.aspectRatio': '1.6',
  'elk.json.shapeCoords': 'ROOT',
  'elk.spacing.nodeNode': '28',
}

/** Lays a chart out with `elkjs`: as a map, if it has more states and ways than `most`. Brief labels take no room. */
export async function layOut(
  chart: Chart,
  elk: Layouter,
  { brief = false, direction = 'down' as Direction, most = MOST_LAYERED } = {},
): Promise<Layout> {
  const isMap = chart.states.size + chart.ways.length > most
  const isBrief = brief || isMap
  const options = isMap ? MAP : { ...OPTIONS, 'elk.direction': direction.toUpperCase() }
  // People may give states any id, one that the engine or the dots use too.
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
    // What leads to a state around it leads to where that begins.
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
        // What goes down is laid out as if it went right, and only this is not turned back: height, width.
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

/** From one state to another, or into where one begins; what has states within is met at its name. */
function straight(from: Box | undefined, to: Box): Pick<Arrow, 'dot' | 'dotAt' | 'points'> {
  const end = { x: to.x, y: to.y + NAME_LINE / 2 }
  const start = { x: to.x - 16, y: end.y }
  if (!from) return { dot: 'start', dotAt: start, points: [start, end] }
  return { dot: null, dotAt: null, points: [edgeOf(from, to), edgeOf(to, from)] }
}

/** Where the line from the middle of a box to the middle of another leaves it. */
function edgeOf(box: Box, other: Box): Point {
  const heightOf = ({ state, height }: Box) => (state.children.length > 0 ? NAME_LINE : height)
  const middle = (of: Box) => ({ x: of.x + of.width / 2, y: of.y + heightOf(of) / 2 })
  const [{ x, y }, toward] = [middle(box), middle(other)]
  const [dx, dy] = [toward.x - x, toward.y - y]
  const part = Math.min(box.width / 2 / Math.abs(dx), heightOf(box) / 2 / Math.abs(dy), 1)
  return { x: x + dx * part, y: y + dy * part }
}

/** In the middle of an arrow's longest stretch, and within the picture. */
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

/** How far the name and what is said below it reach down in a box. */
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

/**
 * Importing it defines `<state-chart>`, which draws any XState v5 machine:
 * packages/statescope/README.md#the-chart-of-a-machine. Needs the package `elkjs`.
 *
 * @module statescope/state-chart
 */
import type { AnyActorRef, AnyStateMachine, StateValue, Subscription } from 'xstate'
import { activeIn, takenAt, takenBetween } from './active.ts'
import { html, svg } from './build.ts'
import { type Chart, type ChartState, chartOf, isWithin, placeOf, type TransitionPlace } from './chart.ts'
import { type Drawing, draw } from './draw.ts'
import { BETWEEN_REGIONS, type Gist, gistOf, statesAt } from './gist.ts'
import { layOut, shortened } from './layout.ts'
import { legible } from './legible.ts'
import { loadElk } from './load-elk.ts'
import { CHART_STYLE } from './look.ts'

export { layOutWith } from './load-elk.ts'

/**
 * At 1, its smallest letters are 11 pixels high: what is drawn smaller is an overview that one asked for. A gist grows to
 * fill its place.
 */
const ZOOM = { least: 0.05, most: 3, step: 1.25, gist: 1.5 } as const

/** A server that renders pages may import this, too; it defines no element there. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? class {}

/**
 * The statechart of any XState v5 machine, as an element: give it a `machine`, or a running `actor` to follow. It lights
 * the states that the machine is in and the transition that led there. Needs `elkjs`.
 *
 * - property `machine` or `actor`; or `show(value)` for a state of your choice
 * - property or attribute `depth`: the gist alone, the states down to this depth; a button draws the whole
 * - `toSvg()`: the picture as it stands, as a file of its own
 * - event `state-chart-drawn`
 * - colors: `--chart-ink --chart-soft --chart-line --chart-ground --chart-box --chart-lit`; light and dark follow `color-scheme`
 */
export class StateChartElement extends Base {
  readonly #root = this.attachShadow({ mode: 'open' })
  readonly #parts = partsOf(this.#root)
  #machine: AnyStateMachine | null = null
  #actor: AnyActorRef | null = null
  #subscription: Subscription | null = null
  #depth: number | null = null
  #isWhole = false
  #chart: Chart | null = null
  /** What is drawn of it, where that is less. */
  #gist: Gist | null = null
  #drawing: Drawing<SVGElement> | null = null
  #value: StateValue | null = null
  #by: LedBy | undefined
  /** `null` until somebody zooms. */
  #zoom: number | 'fit' | null = null
  /** Stands for the drawing that was begun last. */
  #latest: object | null = null
  readonly #resizing = new ResizeObserver((entries) =>
    requestAnimationFrame(() => {
      this.#scale()
      // Scroll bars that come and go resize the frame, but not the element.
      if (entries.some(({ target }) => target === this)) this.#reveal()
    }),
  )

  /** What is drawn, with no state lit. Without one, or where its `actor` runs none, there is no picture. */
  get machine(): AnyStateMachine | null {
    return this.#machine
  }

  set machine(machine: AnyStateMachine | null) {
    if (machine === this.#machine) return
    this.#machine = machine
    this.#value = null
    this.#by = undefined
    this.#draw()
  }

  /**
   * How many levels of states are drawn below the machine itself, at least 1: the gist of a chart that is too large for its
   * place. A state at that depth says in words where the machine is inside it; events are named as they are taken. A
   * button in the bar switches to the whole chart. `null` draws the whole. @default null
   */
  get depth(): number | null {
    return this.#depth
  }

  set depth(depth: number | null) {
    const wanted = depth === null ? null : Math.trunc(Number(depth))
    const next = wanted !== null && wanted >= 1 ? wanted : null
    if (next === this.#depth) return
    this.#depth = next
    this.#draw()
  }

  /** @internal */
  static readonly observedAttributes = ['depth']

  /** @internal */
  attributeChangedCallback(_name: string, _before: string | null, depth: string | null): void {
    this.depth = depth === null ? null : Number(depth)
  }

  /** What is followed while the element stands in the page: its machine is drawn, and the state that it is in lit. */
  get actor(): AnyActorRef | null {
    return this.#actor
  }

  set actor(actor: AnyActorRef | null) {
    if (actor === this.#actor) return
    this.#actor = actor
    if (!actor) this.machine = null
    this.#follow()
  }

  /** @internal */
  connectedCallback(): void {
    const { frame, larger, smaller, fit, save, whole } = this.#parts
    whole.onclick = () => {
      this.#isWhole = !this.#isWhole
      this.#draw()
    }
    larger.onclick = () => this.zoom(ZOOM.step)
    smaller.onclick = () => this.zoom(1 / ZOOM.step)
    fit.onclick = () => this.fit()
    save.onclick = () => this.#save()
    frame.onkeydown = (event) => this.#onKey(event)
    frame.onwheel = (event) => {
      if (!event.ctrlKey && !event.metaKey) return // it scrolls
      event.preventDefault()
      this.zoom(event.deltaY < 0 ? ZOOM.step : 1 / ZOOM.step)
    }
    frame.onpointerdown = (event) => drag(frame, event)
    for (const sized of [this, frame]) this.#resizing.observe(sized)
    for (const name of ['depth', 'machine', 'actor'] as const) this.#upgrade(name)
    this.#follow()
  }

  /** @internal */
  disconnectedCallback(): void {
    this.#resizing.disconnect()
    this.#subscription?.unsubscribe()
    this.#subscription = null
  }

  /** Lights a state, and what led to it: the transitions, or those that an event can have taken from where the machine was. */
  show(value: StateValue | null, by?: LedBy): void {
    this.#value = value
    this.#by = by
    this.#light()
  }

  /** Makes it so many times as large as it is, from 0.05 to 3 of its own size; what would pass its own size stops there. */
  zoom(factor: number): void {
    const { frame } = this.#parts
    const before = this.#scaleNow()
    const wanted = Math.min(Math.max(before * factor, ZOOM.least), ZOOM.most)
    const after = (before - 1) * (wanted - 1) < 0 ? 1 : wanted // never past its own size
    const middle = {
      x: frame.scrollLeft + frame.clientWidth / 2,
      y: frame.scrollTop + frame.clientHeight / 2,
    }
    this.#zoom = after
    this.#scale()
    frame.scrollLeft = (middle.x * after) / before - frame.clientWidth / 2
    frame.scrollTop = (middle.y * after) / before - frame.clientHeight / 2
  }

  /** All of it at once, however small. */
  fit(): void {
    this.#zoom = 'fit'
    this.#scale()
  }

  /** The picture as it stands, with its colors, for any program that reads SVG. Empty before it is drawn. */
  toSvg(): string {
    const svg = this.#drawing?.picture
    if (!svg) return ''
    const copy = svg.cloneNode(true) as SVGElement
    const copies = copy.querySelectorAll('*')
    for (const [index, element] of [...svg.querySelectorAll('*')].entries()) {
      const style = getComputedStyle(element)
      const kept = BAKED.map((name) => `${name}:${style.getPropertyValue(name)}`).join(';')
      const own = copies[index]
      if (own instanceof SVGElement && !/^(defs|title)$/.test(own.tagName)) own.style.cssText = kept
    }
    return new XMLSerializer().serializeToString(copy)
  }

  #upgrade(name: 'depth' | 'machine' | 'actor') {
    if (!Object.hasOwn(this, name)) return
    const value = Reflect.get(this, name)
    Reflect.deleteProperty(this, name)
    Reflect.set(this, name, value)
  }

  #follow() {
    this.#subscription?.unsubscribe()
    this.#subscription = null
    const actor = this.#actor
    if (!actor || !this.isConnected) return
    const machine = machineOf(actor)
    this.machine = machine
    if (!machine) return this.#say('This actor does not run a state machine.')
    this.show(stateValueOf(actor.getSnapshot()))
    let taken: TransitionPlace[] = []
    this.#subscription = actor.system.inspect({
      next: (event) => {
        if (event.actorRef !== actor) return
        if (event.type === '@xstate.microstep')
          taken.push(...event._transitions.flatMap((one) => placeOf(one) ?? []))
        if (event.type !== '@xstate.snapshot') return
        this.show(stateValueOf(event.snapshot), { taken })
        taken = []
      },
    })
  }

  async #draw() {
    const machine = this.#machine
    const drawn = {}
    this.#latest = drawn
    this.#chart = null
    this.#gist = null
    this.#drawing = null
    const { whole } = this.#parts
    whole.hidden = this.#depth === null
    whole.ariaPressed = String(this.#isWhole)
    this.#parts.picture.replaceChildren()
    if (!machine) return this.#say('')
    this.#say('Drawing the statechart …')
    try {
      const chart = chartOf(machine)
      const elk = await loadElk()
      const gist =
        this.#depth === null || this.#isWhole ? null : gistOf(chart, statesAt(chart, this.#depth), true)
      const shown = gist?.chart ?? chart
      const layout = await layOut(shown, elk, { brief: gist !== null })
      if (drawn !== this.#latest) return // something else is to be drawn by now
      this.#chart = chart
      this.#gist = gist
      this.#drawing = draw(shown, layout, svg)
      this.#parts.picture.replaceChildren(this.#drawing.picture)
      this.#scale()
      this.#light()
      this.#reveal()
      this.dispatchEvent(new Event('state-chart-drawn', { bubbles: true, composed: true }))
    } catch (error) {
      if (drawn !== this.#latest) return
      const isMissing = error instanceof Error && /elkjs|import/i.test(error.message)
      this.#say(
        isMissing ? 'To draw statecharts, install elkjs: npm install elkjs' : 'This machine cannot be drawn.',
      )
    }
  }

  #light() {
    const [chart, value, by, drawing] = [this.#chart, this.#value, this.#by, this.#drawing]
    if (!chart || !drawing) return
    for (const one of drawing.picture.querySelectorAll('[data-active],[data-next],[data-taken]')) {
      for (const mark of ['data-active', 'data-next', 'data-taken']) one.removeAttribute(mark)
    }
    for (const inside of drawing.insides.values()) inside.textContent = ''
    if (value === null) return this.#say('')
    const active = activeIn(chart, value)
    for (const id of active) drawing.states.get(id)?.setAttribute('data-active', '')
    const leaves = leavesOf(chart, active)
    for (const [id, inside] of drawing.insides) {
      const within = leaves.filter((leaf) => leaf !== id && isWithin(chart, leaf, id))
      inside.textContent = legible(
        shortened(within.map((leaf) => pathIn(chart, leaf, id)).join(BETWEEN_REGIONS)),
      )
    }
    if (this.#gist) {
      for (const way of drawing.picture.querySelectorAll('.way'))
        way.toggleAttribute('data-next', active.includes(way.getAttribute('data-source') ?? ''))
    }
    const taken = takenBy(chart, by, value)
    for (const { transition } of taken) {
      for (const text of drawing.words.get(this.#gist?.wayOf.get(transition) ?? transition) ?? []) {
        text.setAttribute('data-taken', '')
        const way = text.closest('.way')
        way?.setAttribute('data-taken', '')
        way?.querySelector('.label')?.setAttribute('data-taken', '')
      }
    }
    this.#say(`In ${leaves.map((id) => pathIn(chart, id)).join(' and ')}`)
    this.#reveal()
  }

  /** Brings into view where the machine is, or else where it begins. Scrolls the frame, never the page. */
  #reveal() {
    const [whole, drawing, { frame }] = [this.#chart, this.#drawing, this.#parts]
    if (!whole || !drawing) return
    const chart = this.#gist?.chart ?? whole
    const active = this.#value === null ? [] : activeIn(whole, this.#value)
    const [leaf] = leavesOf(
      chart,
      active.filter((id) => chart.states.has(id)),
    )
    const box = drawing.states.get(leaf ?? beginningOf(chart))?.getBoundingClientRect()
    if (!box) return
    const seen = frame.getBoundingClientRect()
    /** What is out of sight is put into the middle, so that one sees what is around it; of what is too large, its beginning. */
    const offset = (start: number, end: number, from: number, to: number) => {
      if (start >= from && end <= to) return 0
      return Math.min((start + end - from - to) / 2, start - from - 8)
    }
    const left = offset(box.left, box.right, seen.left, seen.left + frame.clientWidth)
    const top = offset(box.top, box.bottom, seen.top, seen.top + frame.clientHeight)
    if (left !== 0 || top !== 0) frame.scrollBy({ left, top })
  }

  #scaleNow(): number {
    if (typeof this.#zoom === 'number') return this.#zoom
    if (this.#zoom === null && !this.#gist) return 1
    const size = this.#drawing
    const { clientWidth, clientHeight } = this.#parts.frame
    if (!size || clientWidth === 0) return 1
    const fitting = Math.min(clientWidth / size.width, clientHeight / size.height)
    const [least, most] = this.#zoom === null ? [1, ZOOM.gist] : [ZOOM.least, 1]
    return Math.min(most, Math.max(least, fitting))
  }

  #scale() {
    if (!this.#drawing) return
    const scale = this.#scaleNow()
    const { picture, width, height } = this.#drawing
    picture.setAttribute('width', String(width * scale))
    picture.setAttribute('height', String(height * scale))
  }

  #onKey(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return // the browser's own zoom
    if (event.key === '+' || event.key === '=') this.zoom(ZOOM.step)
    else if (event.key === '-') this.zoom(1 / ZOOM.step)
    else if (event.key === '0') this.fit()
    else return
    event.preventDefault()
  }

  #save() {
    const url = URL.createObjectURL(new Blob([this.toSvg()], { type: 'image/svg+xml' }))
    const link = document.createElement('a')
    link.href = url
    link.download = `${this.#machine?.root.key ?? 'statechart'}.svg`
    link.click()
    URL.revokeObjectURL(url)
  }

  #say(words: string) {
    this.#parts.status.textContent = words
  }
}

/** What led to a state. */
type LedBy = { taken: readonly TransitionPlace[] } | { before: StateValue; eventType: string }

function takenBy(chart: Chart, by: LedBy | undefined, value: StateValue) {
  if (!by) return []
  return 'taken' in by ? takenAt(chart, by.taken) : takenBetween(chart, by.before, by.eventType, value)
}

const BAKED = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
]

/** Of the states that a machine is in, those that have no other of them within. */
const leavesOf = ({ states }: Chart, active: readonly string[]) =>
  active.filter((id) => states.get(id)?.children.every((child) => !active.includes(child.id)))

/** The state, or the states around it, in which a machine begins. */
function beginningOf({ root, states }: Chart): string {
  let state: ChartState | undefined = root
  while (state?.initial) state = states.get(state.initial)
  return state?.id ?? root.id
}

/** As people say it: `awaitingCode.ready`, without the name of the machine, or of another state around it. */
function pathIn(chart: Chart, id: string, outer = chart.root.id): string {
  const state = chart.states.get(id)
  if (!state?.parent) return state?.key ?? id
  return state.parent === outer ? state.key : `${pathIn(chart, state.parent, outer)}.${state.key}`
}

const machineOf = (actor: AnyActorRef): AnyStateMachine | null => {
  const logic: unknown = 'logic' in actor ? actor.logic : null
  return typeof logic === 'object' && logic !== null && 'root' in logic ? (logic as AnyStateMachine) : null
}

function stateValueOf(snapshot: unknown): StateValue | null {
  return typeof snapshot === 'object' && snapshot !== null && 'value' in snapshot
    ? (snapshot.value as StateValue)
    : null
}

/** Takes the picture by the hand: a mouse drags it, while fingers and wheels scroll it already. */
function drag(frame: HTMLElement, { pointerType, button, pointerId, clientX, clientY }: PointerEvent): void {
  if (pointerType !== 'mouse' || button !== 0) return
  const from = { left: frame.scrollLeft + clientX, top: frame.scrollTop + clientY }
  frame.setPointerCapture(pointerId)
  frame.onpointermove = (event) => frame.scrollTo(from.left - event.clientX, from.top - event.clientY)
  frame.onlostpointercapture = () => {
    frame.onpointermove = null
  }
}

function partsOf(root: ShadowRoot) {
  // Not a <style>, which a page with a strict Content-Security-Policy would not let in.
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(STYLE + CHART_STYLE)
  root.adoptedStyleSheets = [sheet]
  const button = (words: string, label?: string) =>
    html('button', { type: 'button', part: 'button', ...(label && { 'aria-label': label }) }, words)
  const whole = button('Whole chart')
  whole.hidden = true
  const [smaller, larger, fit, save] = [
    button('−', 'Smaller'),
    button('+', 'Larger'),
    button('Fit'),
    button('Save SVG'),
  ]
  const status = html('p', { role: 'status', part: 'status' })
  status.ariaLive = 'off' // it changes with each step, and would be read aloud each time
  const picture = html('div', { class: 'picture' })
  const label = 'Statechart. Arrow keys scroll, plus and minus zoom, 0 fits.'
  const frame = html(
    'div',
    { class: 'frame', part: 'frame', tabindex: 0, role: 'group', 'aria-label': label },
    picture,
  )
  root.append(html('div', { class: 'bar', part: 'bar' }, status, whole, smaller, larger, fit, save), frame)
  return { whole, smaller, larger, fit, save, status, frame, picture }
}

const STYLE = `
:host{display:flex;flex-direction:column;min-height:240px;font:14px/1.5 system-ui,sans-serif;color:light-dark(#1f2633,#e6e9ef);background:var(--chart-ground,light-dark(#fff,#14181e))}
:host([hidden]){display:none}
.bar{display:flex;flex-wrap:wrap;gap:8px;align-items:center;padding:8px}
.bar p{flex:1 1 auto;min-width:12ch;min-height:24px;margin:0;overflow-wrap:anywhere}
button{font:inherit;color:inherit;min-height:32px;min-width:32px;padding:2px 10px;background:none;border:1px solid light-dark(#8d97a6,#667080);border-radius:6px;cursor:pointer}
button[hidden]{display:none}
button[aria-pressed=true]{border-color:var(--chart-lit,light-dark(#2f5fe0,#86aaff));color:var(--chart-lit,light-dark(#2f5fe0,#86aaff))}
button:hover{background:light-dark(#f0f2f6,#212730)}
:focus-visible{outline:3px solid var(--chart-lit,light-dark(#2f5fe0,#86aaff));outline-offset:-2px}
.frame{flex:1;min-height:0;overflow:auto;cursor:grab;touch-action:pan-x pan-y}
.frame:active{cursor:grabbing}
.picture{width:max-content;margin:auto;user-select:none}
svg{display:block}
`

if (globalThis.customElements && !customElements.get('state-chart'))
  customElements.define('state-chart', StateChartElement)

declare global {
  interface HTMLElementTagNameMap {
    'state-chart': StateChartElement
  }
}

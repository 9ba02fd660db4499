/**
 * Importing this module defines `<state-chart>`, which draws any XState v5 machine:
 * packages/statescope/README.md#the-chart-of-a-machine.
 *
 * @module statescope/state-chart
 */
import type { AnyActorRef, AnyStateMachine, StateValue, Subscription } from 'xstate'
import { activeIn, takenAt } from './active.ts'
import { html, svg } from './build.ts'
import { type Chart, type ChartState, chartOf, isWithin, placeOf, type TransitionPlace } from './chart.ts'
import type { Drawing } from './draw.ts'
import { BETWEEN_REGIONS, collapsedAtFirst, type Gist, gistOf } from './gist.ts'
import type { Direction, Layout } from './layout.ts'
import { legible } from './legible.ts'
import { loadElk } from './load-elk.ts'
import { CHART_STYLE } from './look.ts'
import { shortened } from './shortened.ts'

export { layOutWith } from './load-elk.ts'

/**
 * At 1, the smallest letters are 11 pixels high. Below `legible`, the person zoomed out for an overview. A gist grows to fill the
 * element.
 */
const ZOOM = { least: 0.05, legible: 0.6, most: 3, step: 1.25, gist: 1.5 } as const

/** A server that renders pages may import this module, too. It defines no element there. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? class {}

/**
 * An element that draws the statechart of any XState v5 machine. Give it a `machine`, or a running `actor` to follow. It highlights
 * the active states and the transition that led there.
 *
 * - property `machine` or `actor`; or `show(value)` for a state of your choice
 * - property or attribute `depth`: draws only the states down to this depth; a button draws the whole chart
 * - property or attribute `direction`: `right` draws the chart from left to right
 * - a button on each state with substates collapses and expands it; a field finds states
 * - `toSvg()`: the current picture as an SVG file
 * - event `state-chart-drawn`: a picture was drawn
 * - colors: `--chart-ink --chart-soft --chart-line --chart-ground --chart-box --chart-lit`; light and dark follow `color-scheme`
 */
export class StateChartElement extends Base {
  readonly #root = this.attachShadow({ mode: 'open' })
  readonly #parts = partsOf(this.#root)
  #machine: AnyStateMachine | null = null
  #actor: AnyActorRef | null = null
  #subscription: Subscription | null = null
  #depth: number | null = null
  #direction: Direction = 'down'
  #isWhole = false
  #chart: Chart | null = null
  /** The states that are drawn without their substates. */
  #collapsed = new Set<string>()
  /** The chart as drawn. */
  #gist: Gist | null = null
  #layout: Layout | null = null
  #drawing: Drawing<SVGElement> | null = null
  #value: StateValue | null = null
  #by: LedBy | undefined
  /** `null` until the person zooms. */
  #zoom: number | 'fit' | null = null
  /** The state that was found last. */
  #found = ''
  /** Identifies the drawing that was started last. */
  #latest: object | null = null
  readonly #resizing = new ResizeObserver((entries) =>
    requestAnimationFrame(() => {
      this.#scale()
      // Scroll bars resize the frame, but not the element.
      if (entries.some(({ target }) => target === this)) this.#reveal()
    }),
  )

  /** The machine to draw, without an active state. There is no picture without a machine, or if the `actor` runs none. */
  get machine(): AnyStateMachine | null {
    return this.#machine
  }

  set machine(machine: AnyStateMachine | null) {
    if (machine === this.#machine) return
    this.#machine = machine
    this.#value = null
    this.#by = undefined
    this.#begin()
  }

  /**
   * How many levels of states to draw below the machine itself, at least 1, if the whole chart is too large. A state at that depth
   * names its active substate in words, and events are named only when they are taken. A button switches to the whole chart.
   * `null` draws the whole chart, with deep states collapsed if it is too large to read. @default null
   */
  get depth(): number | null {
    return this.#depth
  }

  set depth(depth: number | null) {
    const wanted = Math.trunc(Number(depth))
    const next = wanted >= 1 ? wanted : null
    if (next === this.#depth) return
    this.#depth = next
    this.#begin()
  }

  /** The direction of the chart: `down` from top to bottom, `right` from left to right. @default 'down' */
  get direction(): Direction {
    return this.#direction
  }

  set direction(direction: Direction) {
    const next = direction === 'right' ? 'right' : 'down'
    if (next === this.#direction) return
    this.#direction = next
    this.#parts.right.ariaPressed = String(next === 'right')
    this.#draw()
  }

  /** @internal */
  static readonly observedAttributes = ['depth', 'direction']

  /** @internal */
  attributeChangedCallback(name: string, _before: string | null, value: string | null): void {
    Reflect.set(this, name, value) // their setters replace an invalid value by the default
  }

  /** The actor to follow while the element is in the page: draws its machine and highlights its active states. */
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
    const { frame, find, larger, smaller, fit, save, whole, right } = this.#parts
    whole.onclick = () => {
      this.#isWhole = !this.#isWhole
      this.#begin()
    }
    right.onclick = () => {
      this.direction = this.#direction === 'right' ? 'down' : 'right'
    }
    larger.onclick = () => this.zoom(ZOOM.step)
    smaller.onclick = () => this.zoom(1 / ZOOM.step)
    fit.onclick = () => this.fit()
    save.onclick = () => this.#save()
    find.onkeydown = ({ key, shiftKey }) => {
      if (key === 'Enter') this.#find(shiftKey ? -1 : 1)
      if (key === 'Escape') frame.focus()
    }
    find.oninput = () => this.#forget()
    frame.onkeydown = (event) => this.#onKey(event)
    frame.onwheel = (event) => {
      if (!event.ctrlKey && !event.metaKey) return // a plain wheel scrolls
      event.preventDefault()
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * 33
      this.zoom(ZOOM.step ** (-Math.max(-100, Math.min(100, pixels)) / 100), event)
    }
    for (const type of ['touchmove', 'touchend'] as const)
      frame.addEventListener(type, this.#pinch, { passive: false })
    frame.onpointerdown = (event) => drag(frame, event)
    for (const sized of [this, frame]) this.#resizing.observe(sized)
    for (const name of ['depth', 'direction', 'machine', 'actor'] as const) {
      if (!Object.hasOwn(this, name)) continue
      const value = this[name] // set before this element was defined
      Reflect.deleteProperty(this, name)
      Reflect.set(this, name, value)
    }
    this.#follow()
  }

  /** @internal */
  disconnectedCallback(): void {
    this.#resizing.disconnect()
    this.#subscription?.unsubscribe()
    this.#subscription = null
  }

  /** Highlights a state and the transitions that led to it. `null` highlights nothing. */
  show(value: StateValue | null, by?: LedBy): void {
    this.#value = value
    this.#by = by
    this.#light()
    const isFinding = this.#found !== '' && this.#root.activeElement === this.#parts.find
    if (!isFinding) this.#reveal()
  }

  /**
   * Multiplies the size of the picture by `factor`, within 0.05 to 3 times its own size. A change that would pass its own size stops
   * there. The content at `point` of the window stays in place, by default that at the middle of the frame.
   */
  zoom(factor: number, point?: { clientX: number; clientY: number }): void {
    const { frame, picture } = this.#parts
    const before = this.#scaleNow()
    const wanted = Math.min(Math.max(before * factor, ZOOM.least), ZOOM.most)
    this.#zoom = (before - 1) * (wanted - 1) < 0 ? 1 : wanted // stop at its own size
    const seen = frame.getBoundingClientRect()
    const x = point?.clientX ?? seen.left + frame.clientWidth / 2
    const y = point?.clientY ?? seen.top + frame.clientHeight / 2
    const was = picture.getBoundingClientRect()
    this.#scale()
    const is = picture.getBoundingClientRect()
    frame.scrollBy(
      is.left + ((x - was.left) * is.width) / was.width - x,
      is.top + ((y - was.top) * is.height) / was.height - y,
    )
  }

  /** Fits the whole chart into the element, or as much of it as stays legible. */
  fit(): void {
    this.#zoom = 'fit'
    this.#scale()
    this.#reveal()
  }

  /** Returns the current picture with its colors as SVG text for any program. Empty before the chart is drawn. */
  toSvg(): string {
    const svg = this.#drawing?.picture
    if (!svg) return ''
    const copy = svg.cloneNode(true) as SVGElement
    const copies = [copy, ...copy.querySelectorAll('*')]
    for (const [index, element] of [svg, ...svg.querySelectorAll('*')].entries()) {
      const style = getComputedStyle(element)
      const around = element === svg ? null : getComputedStyle(element.parentElement ?? svg)
      const own = copies[index]
      if (!(own instanceof SVGElement) || /^(defs|title)$/.test(own.tagName)) continue
      own.style.cssText = BAKED.map((name) => [name, inRgb(style.getPropertyValue(name))] as const)
        .filter(([name, value]) => value !== (name === 'opacity' ? '1' : around?.getPropertyValue(name)))
        .map(([name, value]) => `${name}:${value}`)
        .join(';')
    }
    return new XMLSerializer().serializeToString(copy)
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

  /** Starts over for another machine or another part of it. */
  #begin() {
    const { whole, picture, find } = this.#parts
    this.#chart = null
    this.#drawing = null
    picture.replaceChildren()
    find.value = ''
    this.#forget()
    this.#say(this.#machine ? 'Drawing the statechart …' : '')
    try {
      this.#chart = this.#machine && chartOf(this.#machine)
      const collapsed = this.#chart && collapsedAtFirst(this.#chart, this.#depth)
      whole.hidden = this.#depth === null && !collapsed?.size
      whole.ariaPressed = String(this.#isWhole)
      this.#collapsed = (!this.#isWhole && collapsed) || new Set()
    } catch (error) {
      this.#fail(error)
    }
    this.#draw()
  }

  /** Draws the chart. Keeps the state that was just folded in place, or scrolls to the one that was found. */
  async #draw(about?: string, found?: string) {
    const chart = this.#chart
    const drawn = {}
    this.#latest = drawn
    if (!chart) return
    try {
      const brief = this.#depth !== null && !this.#isWhole
      const gist = gistOf(chart, this.#collapsed, brief)
      // Loaded with the layout engine, so a page without a chart loads neither.
      const [elk, { layOut }, { draw }] = await Promise.all([
        loadElk(),
        import('./layout.ts'),
        import('./draw.ts'),
      ])
      const layout = await layOut(gist.chart, elk, { brief, direction: this.#direction })
      if (drawn !== this.#latest) return // a newer drawing has started
      const { picture, frame } = this.#parts
      const foldOf = (id: string) =>
        picture.querySelector<HTMLElement>(`[data-fold="${CSS.escape(legible(id))}"]`)
      const was = about === undefined ? undefined : foldOf(about)
      const before = was?.getBoundingClientRect()
      const isFocused = was?.matches(':focus')
      this.#gist = gist
      this.#layout = layout
      this.#drawing = draw(gist.chart, layout, svg)
      picture.replaceChildren(this.#drawing.picture, ...this.#folds(chart, layout))
      this.#scale()
      this.#light()
      const is = about === undefined ? undefined : foldOf(about)
      if (isFocused) is?.focus({ preventScroll: true })
      const after = is?.getBoundingClientRect()
      if (before && after) frame.scrollBy(after.left - before.left, after.top - before.top)
      else this.#reveal(found)
      this.dispatchEvent(new Event('state-chart-drawn', { bubbles: true, composed: true }))
    } catch (error) {
      if (drawn === this.#latest) this.#fail(error)
    }
  }

  #fail(error: unknown) {
    this.#say(`This machine cannot be drawn. ${legible(error instanceof Error ? error.message : '')}`)
  }

  /** A button for each state with substates. The buttons are above the picture, so they are not in its file. */
  #folds(chart: Chart, { width, height, boxes }: Layout): HTMLElement[] {
    return boxes.flatMap(({ state: { id, parent, children, longestInside }, ...box }) => {
      const isOpen = children.length > 0
      if (!parent || !(isOpen || longestInside)) return []
      const fold = html(
        'button',
        {
          type: 'button',
          class: 'fold',
          'data-fold': id,
          'aria-label': `States in ${pathIn(chart, id)}`,
          'aria-expanded': String(isOpen),
        },
        isOpen ? '−' : '+',
      )
      fold.style.left = `${((box.x + box.width) / width) * 100}%`
      fold.style.top = `${(box.y / height) * 100}%`
      fold.onclick = () => {
        if (!this.#collapsed.delete(id)) this.#collapsed.add(id)
        this.#draw(id)
      }
      return [fold]
    })
  }

  /** Restarts the search. */
  #forget() {
    this.#found = ''
    this.#parts.found.textContent = ''
    this.#mark()
  }

  #mark() {
    for (const [id, box] of this.#drawing?.states ?? []) box.toggleAttribute('data-found', id === this.#found)
  }

  /** Goes to the next state with that name, expands its ancestors and shows it. */
  #find(step: number) {
    const [chart, { find, found }] = [this.#chart, this.#parts]
    const words = find.value.trim().toLowerCase()
    if (!chart || !words) return
    const hits = [...chart.states.values()]
      .filter(({ id, key }) => (words.includes('.') ? pathIn(chart, id) : key).toLowerCase().includes(words))
      .map(({ id }) => id)
    const at = (hits.indexOf(this.#found) + step + hits.length) % hits.length
    this.#found = hits[at] ?? ''
    found.textContent =
      hits.length > 0 ? `${at + 1} of ${hits.length}: ${pathIn(chart, this.#found)}` : 'No such state'
    const around = [...this.#collapsed].filter((id) => id !== this.#found && isWithin(chart, this.#found, id))
    for (const id of around) this.#collapsed.delete(id)
    if (around.length > 0) this.#draw(undefined, this.#found)
    else this.#reveal(this.#found)
  }

  #light() {
    const [chart, value, by, drawing] = [this.#chart, this.#value, this.#by, this.#drawing]
    if (!chart || !drawing) return
    const more = this.#layout?.isMap ? ' Too many states to lay arrows between them: they run straight.' : ''
    for (const one of drawing.picture.querySelectorAll('[data-active],[data-next],[data-taken]')) {
      for (const mark of ['data-active', 'data-next', 'data-taken']) one.removeAttribute(mark)
    }
    for (const inside of drawing.insides.values()) inside.textContent = ''
    if (value === null) return this.#say(more)
    const active = activeIn(chart, value)
    for (const id of active) drawing.states.get(id)?.setAttribute('data-active', '')
    const leaves = leavesOf(chart, active)
    for (const [id, inside] of drawing.insides) {
      const within = leaves.filter((leaf) => leaf !== id && isWithin(chart, leaf, id))
      inside.textContent = legible(
        shortened(within.map((leaf) => pathIn(chart, leaf, id)).join(BETWEEN_REGIONS)),
      )
    }
    if (this.#layout?.isBrief) {
      for (const way of drawing.picture.querySelectorAll('.way'))
        way.toggleAttribute('data-next', active.includes(way.getAttribute('data-source') ?? ''))
    }
    for (const { transition } of takenAt(chart, by?.taken ?? [])) {
      for (const text of drawing.words.get(this.#gist?.wayOf.get(transition) ?? transition) ?? []) {
        text.setAttribute('data-taken', '')
        const way = text.closest('.way')
        way?.setAttribute('data-taken', '')
        way?.querySelector('.label')?.setAttribute('data-taken', '')
      }
    }
    this.#say(`In ${leaves.map((id) => pathIn(chart, id)).join(' and ')}${more && `.${more}`}`)
  }

  /** Scrolls to the found state, the active states or else the initial state. Scrolls the frame, never the page. */
  #reveal(found = '') {
    const [whole, drawing, { frame }] = [this.#chart, this.#drawing, this.#parts]
    if (!whole || !drawing) return
    this.#mark()
    const chart = this.#gist?.chart ?? whole
    const active = this.#value === null ? [] : activeIn(whole, this.#value)
    const [leaf] = leavesOf(
      chart,
      active.filter((id) => chart.states.has(id)),
    )
    const box = drawing.states.get(found || (leaf ?? beginningOf(chart)))?.getBoundingClientRect()
    if (!box) return
    const seen = frame.getBoundingClientRect()
    /** Centers what is out of sight, to show its surroundings. Shows the start of what is too large. */
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
    const size = this.#layout
    const { clientWidth, clientHeight } = this.#parts.frame
    if (!size || clientWidth === 0 || (this.#zoom === null && !size.isBrief)) return 1
    const all = Math.min(clientWidth / size.width, clientHeight / size.height)
    const [least, most] = this.#zoom === null ? [1, ZOOM.gist] : [ZOOM.legible, 1]
    return Math.min(most, Math.max(least, all))
  }

  #scale() {
    if (!this.#drawing) return
    const scale = this.#scaleNow()
    const { picture, width, height } = this.#drawing
    picture.setAttribute('width', String(width * scale))
    picture.setAttribute('height', String(height * scale))
  }

  #gap = 0
  readonly #pinch = (event: TouchEvent) => {
    const [one, other] = event.touches
    const before = this.#gap
    this.#gap = one && other ? Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) : 0
    if (!one || !other) return // one finger scrolls
    event.preventDefault()
    const [clientX, clientY] = [(one.clientX + other.clientX) / 2, (one.clientY + other.clientY) / 2]
    if (before > 0) this.zoom(this.#gap / before, { clientX, clientY })
  }

  #onKey(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return // the browser's own zoom
    if (event.key === '+' || event.key === '=') this.zoom(ZOOM.step)
    else if (event.key === '-') this.zoom(1 / ZOOM.step)
    else if (event.key === '0') this.fit()
    else if (event.key === '/') this.#parts.find.focus()
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

/** The transitions that led to a state, by their places in the machine. */
interface LedBy {
  taken: readonly TransitionPlace[]
}

/** The style properties to copy into the file. All but the opacity are inherited. */
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

/** Rewrites a color that the browser computed as `rgb()`, which every program reads. */
const inRgb = (value: string) =>
  value.replace(
    /^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)\)$/,
    (_, ...parts) => `rgb(${parts.slice(0, 3).map((part) => Math.round(part * 255))})`,
  )

/** The innermost of the active states. */
const leavesOf = ({ states }: Chart, active: readonly string[]) =>
  active.filter((id) => states.get(id)?.children.every((child) => !active.includes(child.id)))

/** The initial state of a machine. */
function beginningOf({ root, states }: Chart): string {
  let state: ChartState | undefined = root
  while (state?.initial) state = states.get(state.initial)
  return state?.id ?? root.id
}

/** The path of a state below the machine or another ancestor: `awaitingCode.ready`. */
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

/** Lets a mouse drag the picture. Fingers and wheels already scroll it. */
function drag(
  frame: HTMLElement,
  { target, pointerType, button, pointerId, clientX, clientY }: PointerEvent,
) {
  if (pointerType !== 'mouse' || button !== 0 || target instanceof HTMLButtonElement) return
  const from = { left: frame.scrollLeft + clientX, top: frame.scrollTop + clientY }
  frame.setPointerCapture(pointerId)
  frame.onpointermove = (event) => frame.scrollTo(from.left - event.clientX, from.top - event.clientY)
  frame.onlostpointercapture = () => {
    frame.onpointermove = null
  }
}

function partsOf(root: ShadowRoot) {
  // Not a <style>, which a strict Content-Security-Policy would block.
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(STYLE + CHART_STYLE)
  root.adoptedStyleSheets = [sheet]
  const button = (words: string, label?: string) =>
    html('button', { type: 'button', part: 'button', ...(label && { 'aria-label': label }) }, words)
  const whole = button('Whole chart')
  whole.hidden = true
  const right = button('Left to right')
  right.ariaPressed = 'false'
  const [smaller, larger, fit, save] = [
    button('−', 'Smaller'),
    button('+', 'Larger'),
    button('Fit'),
    button('Save SVG'),
  ]
  const status = html('p', { role: 'status', part: 'status' })
  status.ariaLive = 'off' // it changes at every step and would be read aloud each time
  const find = html('input', {
    type: 'search',
    part: 'find',
    placeholder: 'Find a state',
    'aria-label': 'Find a state',
  })
  const found = html('p', { class: 'found', 'aria-live': 'polite' })
  const picture = html('div', { class: 'picture' })
  const label = 'Statechart. Arrow keys scroll, plus and minus zoom, 0 fits, slash finds.'
  const frame = html(
    'div',
    { class: 'frame', part: 'frame', tabindex: 0, role: 'group', 'aria-label': label },
    picture,
  )
  const bar = html(
    'div',
    { class: 'bar', part: 'bar' },
    status,
    found,
    find,
    whole,
    right,
    smaller,
    larger,
    fit,
    save,
  )
  root.append(bar, frame)
  return { find, found, whole, right, smaller, larger, fit, save, status, frame, picture }
}

const STYLE = `
:host{display:flex;flex-direction:column;min-height:240px;font:14px/1.5 system-ui,sans-serif;color:var(--_ink);background:var(--_ground)}
:host([hidden]){display:none}
.bar{display:flex;flex-wrap:wrap;gap:8px;align-items:center;padding:8px}
.bar p{min-height:24px;margin:0;overflow-wrap:anywhere}
[role=status]{flex:1 1 auto;min-width:12ch}
button,input{font:inherit;color:inherit;min-height:32px;min-width:32px;padding:2px 10px;background:none;border:1px solid var(--_line);border-radius:6px;box-sizing:border-box}
input{width:16ch}
::placeholder{color:var(--_soft);opacity:1}
button{cursor:pointer}
button[hidden]{display:none}
button[aria-pressed=true]{border-color:var(--_lit);color:var(--_lit)}
button:hover{background:var(--_box)}
:focus-visible{outline:3px solid var(--_lit);outline-offset:-2px}
.frame{flex:1;min-height:0;overflow:auto;cursor:grab;touch-action:pan-x pan-y}
.frame:active{cursor:grabbing}
.picture{position:relative;width:max-content;margin:auto;user-select:none}
.fold{position:absolute;translate:-100%;min-width:24px;min-height:24px;margin:3px 0 0 -3px;padding:0;line-height:1;border-color:transparent}
svg{display:block}
`

if (globalThis.customElements && !customElements.get('state-chart'))
  customElements.define('state-chart', StateChartElement)

declare global {
  interface HTMLElementTagNameMap {
    'state-chart': StateChartElement
  }
}

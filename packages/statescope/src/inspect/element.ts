/**
 * Importing this module defines `<state-inspector>`, the viewer, for your own page:
 * packages/statescope/README.md#the-inspector-in-your-page.
 *
 * @module statescope/state-inspector
 */
import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { html, LitElement, noChange, nothing, type PropertyValues, type TemplateResult } from 'lit'
import '../statechart/element.ts'
import { legible } from '../statechart/legible.ts'
import { actorTree } from './actor-tree.ts'
import { asTest } from './as-test.ts'
import { type DroppedMessage, droppedIn, type SendEvent } from './message.ts'
import { readRecording, recordingOf } from './recording.ts'
import { RECORDING_NAME } from './recording-format.ts'
import { COLUMN, eventRow, ROW_HEIGHT, sequenceRow, sequenceWidth } from './rows.ts'
import { eventFrom, takenAtPlace, whyNot } from './sendable.ts'
import { ShownSteps } from './shown-steps.ts'
import { styles } from './styles.ts'
import { appOf, ledBy, type SeenActor, type Step, Timeline } from './timeline.ts'
import './value-element.ts'

type Tab = 'events' | 'sequence'
/** The rows above and below the visible ones, so that scrolling shows no gap. */
const SPARE = 8

/** The most pixels that a click may move. */
const SLIP = 4

/**
 * An element that shows XState v5 actors: the chart and current state of the selected actor, every event, the snapshot at any time,
 * and the sequence between actors. Give it the messages of Stately's inspector protocol:
 *
 *     const viewer = document.querySelector('state-inspector')
 *     const { inspect } = createInspector({ to: viewer })
 *
 * or `createBrowserReceiver().subscribe((message) => viewer.receive(message))`, or a WebSocket receiver's.
 *
 * - event `clear`: the person pressed _Clear_
 */
export class StateInspectorElement extends LitElement {
  /** @internal */
  static override readonly styles = styles
  /** @internal */
  static override readonly properties = {
    chosen: { state: true },
    step: { state: true },
    tab: { state: true },
    search: { state: true },
    named: { state: true },
    ownEvents: { state: true },
    endedActors: { state: true },
    note: { state: true },
    recording: { state: true },
  }

  readonly #live = new Timeline()
  /** The selected actor; by default, the first machine. */
  declare private chosen: string | null
  /** The selected step; `null` follows the newest. */
  declare private step: Step | null
  declare private tab: Tab
  declare private search: string
  /** The name filter of the actors. */
  declare private named: string
  /** Whether XState's own events are listed, too. */
  declare private ownEvents: boolean
  /** Whether ended actors are listed, too. */
  declare private endedActors: boolean
  /** The last action, in words. */
  declare private note: string
  /** The recording that is shown instead of the live actors. */
  declare private recording: { timeline: Timeline; name: string; saved: Date } | null
  readonly #shown = new ShownSteps()
  #missed = 0
  #isDrawing = false

  constructor() {
    super()
    this.chosen = null
    this.step = null
    this.tab = 'events'
    this.search = ''
    this.named = ''
    this.ownEvents = true
    this.endedActors = false
    this.note = ''
    this.recording = null
    this.addEventListener('dragover', (event) => {
      if (event.dataTransfer?.types.includes('Files')) event.preventDefault()
    })
    this.addEventListener('drop', (event) => {
      const [file] = event.dataTransfer?.files ?? []
      if (!file) return
      event.preventDefault()
      void this.open(file)
    })
  }

  /** Takes a message of the inspector protocol. `send` gives events to the message's actor. */
  receive(message: StatelyInspectionEvent | DroppedMessage, send?: SendEvent): void {
    if (message.type === '@statescope.dropped') this.#missed += droppedIn(message) ?? 0
    else this.#live.receive(message, send)
    this.#drawSoon()
  }

  /** Forgets every step and the ended actors. */
  clear(): void {
    this.#live.clear()
    if (this.recording) return
    this.step = null
    if (this.chosen !== null && !this.#live.actors.has(this.chosen)) this.chosen = null
    this.note = ''
    this.#missed = 0
    this.requestUpdate()
  }

  /** Marks the actors of a disconnected app as gone. Their ids begin with `app`, such as `2/`; '' for the first app. */
  leave(app: string): void {
    this.#live.leave(app)
    this.#drawSoon()
  }

  /** Shows a saved recording until _Live_ is pressed. */
  async open(file: File): Promise<void> {
    try {
      this.recording = { ...(await readRecording(file)), name: file.name }
      this.step = null
      this.chosen = null
      this.note = ''
    } catch (error) {
      this.note = `${legible(file.name)} ${error instanceof Error ? error.message : 'cannot be read.'}`
    }
  }

  /** Draws once per frame, however much happens. */
  #drawSoon() {
    if (this.#isDrawing) return
    this.#isDrawing = true
    requestAnimationFrame(() => {
      this.#isDrawing = false
      this.requestUpdate()
    })
  }

  get #timeline(): Timeline {
    return this.recording?.timeline ?? this.#live
  }

  get #actor(): SeenActor | undefined {
    const { actors, steps } = this.#timeline
    const chosen = this.chosen === null ? undefined : actors.get(this.chosen)
    const stepped = chosen ?? this.#machineAt(this.step)
    if (stepped) return stepped
    const all = [...actors.values()]
    // Follow an app that was restarted.
    const app = appOf((this.step ?? steps.at(-1))?.sessionId ?? all.at(-1)?.sessionId)
    const own = all.filter(({ sessionId }) => appOf(sessionId) === app)
    const machines = own.filter(({ machine }) => machine !== null)
    return machines.find(({ ended }) => ended === null) ?? machines[0] ?? own[0]
  }

  /** The machine that took a step, or the one around the actor that took it. */
  #machineAt(step: Step | null): SeenActor | undefined {
    const { actors } = this.#timeline
    let actor = step ? actors.get(step.sessionId) : undefined
    while (actor && actor.machine === null) actor = actor.parentId ? actors.get(actor.parentId) : undefined
    return actor
  }

  protected override willUpdate(): void {
    const { search: words, named, ownEvents, chosen: sessionId } = this
    this.#shown.update(this.#timeline, { words, named, ownEvents, sessionId })
  }

  readonly #nameOf = (sessionId: string | null): string =>
    sessionId === null ? '' : (this.#timeline.actors.get(sessionId)?.name ?? sessionId)

  protected override render(): TemplateResult {
    const actor = this.#actor
    const { step, recording } = this
    const { steps, dropped } = this.#timeline
    return html`
      <div class="bar">
        <label>Actor
          <select @change=${this.#chooseActor}>
            ${this.#options()}
          </select>
        </label>
        <label>Named <input type="search" class="named" .value=${this.named} @input=${this.#onNamed} placeholder="part of a name"></label>
        <label class="check"><input type="checkbox" .checked=${this.endedActors} @change=${this.#onEndedActors}>Ended actors</label>
        <label>Search <input type="search" .value=${this.search} @input=${this.#onSearch} placeholder="event, state, value"></label>
        <label class="check"><input type="checkbox" .checked=${this.ownEvents} @change=${this.#onOwnEvents}>XState’s own events</label>
        <span class="buttons">
          <button type="button" aria-pressed=${step === null && !recording} @click=${this.#goLive}>Live</button>
          <button type="button" ?disabled=${!actor} @click=${this.#copyTest}>Copy as test</button>
          <button type="button" ?disabled=${steps.length === 0} @click=${this.#save}>Save</button>
          <button type="button" @click=${this.#chooseFile}>Open…</button>
          <input type="file" accept=".json,application/json" aria-label="Recording" hidden @change=${this.#onFile}>
          <button type="button" ?disabled=${recording !== null} @click=${this.#clear}>Clear</button>
        </span>
        <p role="status">${this.note}</p>
      </div>
      ${recording ? html`<p class="recorded">${legible(recording.name)}: a recording${Number.isNaN(recording.saved.getTime()) ? '' : ` of ${recording.saved.toLocaleString('en')}`}. Live goes back to what happens now.</p>` : nothing}
      <div class="panes">
        <section class="list">
          <div class="tabs">
            <div role="tablist" aria-label="Steps">
            ${(['events', 'sequence'] as const).map(
              (
                tab,
              ) => html`<button type="button" role="tab" id=${tab} aria-selected=${this.tab === tab} aria-controls="panel"
                tabindex=${this.tab === tab ? 0 : -1} @click=${() => this.#open(tab)} @keydown=${this.#onTabKey}>${tab === 'events' ? 'Events' : 'Sequence'}</button>`,
            )}
            </div>
            <span class="count">${this.#shown.steps.length.toLocaleString('en')} of ${steps.length.toLocaleString('en')}</span>
          </div>
          ${this.#missed > 0 && !recording ? html`<p class="dropped">${this.#missed.toLocaleString('en')} messages were dropped: they came too fast, or were too large.</p>` : nothing}
          ${dropped > 0 ? html`<p class="dropped">${dropped.toLocaleString('en')} older steps were dropped: the page keeps 50,000 steps and 64 MB at most.</p>` : nothing}
          <div class="panel" role="tabpanel" id="panel" aria-labelledby=${this.tab}>${this.#rows()}</div>
        </section>
        <section class="look">
          <state-chart
            ?hidden=${!actor?.machine}
            @pointerdown=${this.#press}
            @click=${this.#clickChart}
          ></state-chart>
          ${actor?.machine ? nothing : html`<p class="empty">${actor ? 'This actor runs no state machine: it has no chart.' : 'No actor has been seen yet. Give createInspector()’s inspect to one.'}</p>`}
          ${actor ? this.#sending(actor) : nothing}
          ${this.#details(actor)}
        </section>
      </div>`
  }

  #options() {
    const { chosen, endedActors, recording } = this
    const listedOf = [this.#timeline.actorsVersion, this.named, chosen, endedActors, recording]
    if (listedOf.every((part, index) => part === this.#listedOf[index])) return noChange
    this.#listedOf = listedOf
    const named = this.named.trim().toLowerCase()
    const listed = actorTree(this.#timeline.actors).filter(
      ({ sessionId, name, ended }) =>
        sessionId === this.chosen ||
        ((this.endedActors || ended === null) && `${name} (${sessionId})`.toLowerCase().includes(named)),
    )
    return html`<option value="" ?selected=${this.chosen === null}>All</option>
      ${listed.map(
        ({ sessionId, name, depth, ended }) =>
          html`<option value=${sessionId} ?selected=${this.chosen === sessionId}>${'\u2003'.repeat(depth)}${legible(`${name} (${sessionId})`)}${ended ? `, ${ended}` : ''}</option>`,
      )}`
  }

  /** What the list of actors was computed from. */
  #listedOf: readonly unknown[] = []

  #rows() {
    const isSequence = this.tab === 'sequence'
    const columns = isSequence ? this.#columns() : NO_COLUMNS
    const width = isSequence ? sequenceWidth(columns.size) : 0
    const { steps } = this.#shown
    const [from, to] = this.#seen()
    // Styles are set as properties: a strict Content-Security-Policy blocks those in markup.
    const selected = this.#shown.indexOf(this.step)
    return html`<div id="rows" class="rows ${this.tab}" role="listbox" tabindex="0" aria-label=${isSequence ? 'Sequence' : 'Events'}
        aria-activedescendant=${selected >= 0 ? `step-${selected}` : nothing} @scroll=${this.#onScroll} @keydown=${this.#onKey}>
      ${isSequence ? this.#heads(columns, width) : nothing}
      <div role="presentation" .style=${`height:${steps.length * ROW_HEIGHT}px;min-width:${width}px;--actors:${columns.size}`}>
        ${steps.slice(from, to).map((step, offset) => {
          const index = from + offset
          return html`<div role="option" id="step-${index}" aria-selected=${index === selected} aria-setsize=${steps.length}
            aria-posinset=${index + 1} .style=${`top:${index * ROW_HEIGHT}px`} @click=${() => this.#choose(step)}>
            ${isSequence ? sequenceRow(step, columns) : eventRow(step, this.#nameOf)}</div>`
        })}
      </div>
    </div>`
  }

  /** The columns of the actors that take part, in the order in which they appeared. */
  #columns(): ReadonlyMap<string, number> {
    const { participants } = this.#shown
    const known = [...this.#timeline.actors.keys()].filter((id) => participants.has(id))
    return new Map([...new Set([...known, ...participants])].map((id, column) => [id, column]))
  }

  /** The names above the visible columns. */
  #heads(columns: ReadonlyMap<string, number>, width: number) {
    const rows = this.renderRoot.querySelector('#rows')
    const [left, wide] = [rows?.scrollLeft ?? 0, rows?.clientWidth ?? 1_000]
    const [from, to] = [Math.floor(left / COLUMN) - SPARE, Math.ceil((left + wide) / COLUMN) + SPARE]
    return html`<div class="heads" role="presentation" .style=${`width:${width}px`}>${[...columns]
      .slice(Math.max(from, 0), to)
      .map(([id, column]) => {
        const { name = id, ended = null } = this.#timeline.actors.get(id) ?? {}
        return html`<span class=${ended ? 'ended' : ''} title=${legible(`${name} (${id})${ended ? `, ${ended}` : ''}`)} .style=${`left:${column * COLUMN}px`}>${legible(name)}</span>`
      })}</div>`
  }

  #details(actor: SeenActor | undefined) {
    const timeline = this.#timeline
    const step = this.step ?? (actor && timeline.newestOf(actor.sessionId))
    if (!actor || !step) return nothing
    const last = timeline.lastStepOf(actor.sessionId, step)
    // An actor that was picked after the step is shown as it was then, with the event that it had received last.
    const isOfActor = [step.sessionId, step.sourceId].includes(actor.sessionId)
    const about = this.chosen === null || isOfActor ? step : last
    const copy = ({ currentTarget }: Event) => this.#copyValue(currentTarget)
    const value = (label: string, value: unknown, earlier: unknown, open: readonly string[]) =>
      html`<div><div class="head"><h2>${label}</h2><button type="button" aria-label="Copy ${label.toLowerCase()} as JSON" @click=${copy}>Copy</button></div>
        <state-value .label=${label} .value=${value} .earlier=${earlier} .firstOpen=${open} @copy-value=${copy}></state-value></div>`
    return html`<div class="details">
      ${value('Event', about?.event, undefined, NOTHING_OPEN)}
      ${value('Snapshot', last && inOrder(last.snapshot), last && inOrder(timeline.snapshotBefore(last)), FIRST_OPEN)}
    </div>`
  }

  #sending(actor: SeenActor) {
    const why = whyNot(actor, this.recording !== null)
    const types = why === null ? takenAtPlace(actor, this.#timeline.valueOf(actor.sessionId)) : []
    return html`<details class="sending">
      <summary>Send an event</summary>
      ${
        why === null
          ? html`${types.length > 0 ? html`<div class="types" role="group" aria-label="Events that ${legible(actor.name)} takes now">${types.map((type) => html`<button type="button" @click=${() => this.#sendType(actor, type)}>${legible(type)}</button>`)}</div>` : nothing}
            <form @submit=${(event: SubmitEvent) => this.#sendWritten(event, actor)}>
              <label>As JSON <input name="event" autocomplete="off" spellcheck="false" placeholder='{ "type": "next" }'></label>
              <button>Send</button>
            </form>`
          : html`<p>${why}</p>`
      }
    </details>`
  }

  protected override updated(changed: PropertyValues): void {
    const actor = this.#actor
    const chart = this.renderRoot.querySelector('state-chart')
    if (chart && actor) {
      chart.machine = actor.machine
      const until = this.step ?? this.#timeline.steps.at(-1)
      const last = until && this.#timeline.lastStepOf(actor.sessionId, until)
      const by = ledBy(last, actor.machine)
      const value = last ? last.after : this.#timeline.valueOf(actor.sessionId)
      const { step, value: shown, sessionId } = this.#lit
      if (step !== last || shown !== value || sessionId !== actor.sessionId) chart.show(value, by)
      this.#lit = { sessionId: actor.sessionId, step: last, value }
    }
    const rows = this.renderRoot.querySelector('#rows')
    if (rows && this.step === null) rows.scrollTop = rows.scrollHeight
    if (rows && this.step && changed.has('step')) this.#reveal(rows, this.#shown.indexOf(this.step))
    const isAsked = changed.has('step') || changed.has('tab') || this.step === null
    if (rows && this.tab === 'sequence' && isAsked)
      this.#revealColumn(rows, this.step ?? this.#shown.steps.at(-1))
  }
  #lit: { sessionId?: string; step?: Step | undefined; value?: unknown } = {}

  #seen(): [number, number] {
    const rows = this.renderRoot.querySelector('#rows')
    const height = rows?.clientHeight ?? 600
    const isLive = this.step === null
    const top = isLive ? Math.max(0, this.#shown.steps.length * ROW_HEIGHT - height) : (rows?.scrollTop ?? 0)
    const from = Math.max(0, Math.floor(top / ROW_HEIGHT) - SPARE)
    return [from, Math.ceil((top + height) / ROW_HEIGHT) + SPARE]
  }

  #reveal(rows: Element, index: number) {
    if (index < 0) return
    const top = index * ROW_HEIGHT
    const heads = this.tab === 'sequence' ? ROW_HEIGHT : 0
    if (top < rows.scrollTop) rows.scrollTop = top
    else if (top + ROW_HEIGHT + heads > rows.scrollTop + rows.clientHeight) {
      rows.scrollTop = top + ROW_HEIGHT + heads - rows.clientHeight
    }
  }

  #revealColumn(rows: Element, step: Step | undefined) {
    const column = this.#columns().get(step?.sessionId ?? '')
    if (column === undefined) return
    const [left, right] = [column * COLUMN, (column + 1) * COLUMN]
    if (left < rows.scrollLeft || right > rows.scrollLeft + rows.clientWidth) rows.scrollLeft = left
  }

  readonly #chooseActor = ({ currentTarget }: Event) => {
    this.chosen =
      currentTarget instanceof HTMLSelectElement && currentTarget.value !== '' ? currentTarget.value : null
  }

  readonly #onSearch = ({ currentTarget }: Event) => {
    if (currentTarget instanceof HTMLInputElement) this.search = currentTarget.value
  }

  readonly #onNamed = ({ currentTarget }: Event) => {
    if (currentTarget instanceof HTMLInputElement) this.named = currentTarget.value
  }

  readonly #onOwnEvents = ({ currentTarget }: Event) => {
    if (currentTarget instanceof HTMLInputElement) this.ownEvents = currentTarget.checked
  }

  readonly #onEndedActors = ({ currentTarget }: Event) => {
    if (currentTarget instanceof HTMLInputElement) this.endedActors = currentTarget.checked
  }

  readonly #goLive = () => {
    this.step = null
    if (!this.recording) return
    this.recording = null
    this.chosen = null
  }

  #choose(step: Step | undefined) {
    if (step) this.step = step
  }

  #open(tab: Tab) {
    this.tab = tab
  }

  readonly #onTabKey = ({ key }: KeyboardEvent) => {
    if (key !== 'ArrowLeft' && key !== 'ArrowRight') return
    this.#open(this.tab === 'events' ? 'sequence' : 'events')
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector<HTMLElement>('[aria-selected=true][role=tab]')?.focus(),
    )
  }

  /** A person who scrolls back wants to read and must not be moved to the end. */
  readonly #onScroll = ({ currentTarget }: Event) => {
    if (!(currentTarget instanceof HTMLElement)) return
    const { scrollTop, scrollHeight, clientHeight } = currentTarget
    const isAtEnd = scrollHeight - scrollTop - clientHeight < ROW_HEIGHT
    if (this.step === null && !isAtEnd) {
      const [from] = [Math.floor((scrollTop + clientHeight) / ROW_HEIGHT) - 1]
      this.#choose(this.#shown.steps[from])
    }
    this.requestUpdate()
  }

  readonly #onKey = (event: KeyboardEvent) => {
    const { steps } = this.#shown
    const at = this.step ? this.#shown.indexOf(this.step) : steps.length - 1
    const page = Math.floor(((event.currentTarget as HTMLElement).clientHeight || ROW_HEIGHT) / ROW_HEIGHT)
    const moves: Record<string, number> = {
      ArrowUp: -1,
      ArrowDown: 1,
      PageUp: -page,
      PageDown: page,
      Home: -Infinity,
      End: Infinity,
    }
    const move = moves[event.key]
    if (move === undefined) return
    event.preventDefault()
    this.#choose(steps[Math.min(Math.max(at + move, 0), steps.length - 1)])
  }

  readonly #clear = () => {
    this.clear()
    this.dispatchEvent(new Event('clear'))
  }

  readonly #copyTest = async () => {
    const actor = this.#actor
    if (!actor) return
    const last = this.step?.number ?? Number.POSITIVE_INFINITY
    const steps = this.#timeline.steps.filter(({ number }) => number <= last)
    await this.#copy(asTest(actor, steps, this.#timeline.actors), 'Copied a test to the clipboard.')
  }

  async #copyValue(from: EventTarget | null) {
    const place = from instanceof Element ? from.closest('.details > div') : null
    const value = place?.querySelector('state-value')?.asJson()
    if (value !== undefined) await this.#copy(value, 'Copied the value to the clipboard.')
  }

  async #copy(text: string, note: string) {
    try {
      await navigator.clipboard.writeText(text)
      this.note = note
    } catch {
      this.note = 'The browser did not allow to copy.'
    }
  }

  #pressedAt = { x: 0, y: 0 }
  readonly #press = ({ clientX: x, clientY: y }: PointerEvent) => {
    this.#pressedAt = { x, y }
  }

  /** Sends the event of a transition that was clicked in the chart, if the actor accepts it now. Dragging the chart is no click. */
  readonly #clickChart = ({ currentTarget, clientX: x, clientY: y }: PointerEvent) => {
    const actor = this.#actor
    if (!actor || !(currentTarget instanceof Element)) return
    if (
      Math.hypot(x - this.#pressedAt.x, y - this.#pressedAt.y) > SLIP ||
      whyNot(actor, this.recording !== null)
    )
      return
    const words = currentTarget.shadowRoot?.elementFromPoint(x, y)?.closest('[data-event]')
    const type = words?.getAttribute('data-event') ?? ''
    if (takenAtPlace(actor, this.#timeline.valueOf(actor.sessionId)).includes(type))
      this.#sendType(actor, type)
  }

  #sendType(actor: SeenActor, type: string) {
    if (!type.endsWith('*')) return this.#send(actor, { type })
    const field = this.renderRoot.querySelector<HTMLInputElement>('.sending input')
    if (!field) return
    field.value = JSON.stringify({ type: type.slice(0, -1) })
    field.focus()
    field.setSelectionRange(field.value.length - 2, field.value.length - 2)
  }

  #sendWritten(event: SubmitEvent, actor: SeenActor) {
    event.preventDefault()
    const field = (event.target as Element).querySelector('input')
    const read = eventFrom(field?.value ?? '')
    if ('problem' in read) this.note = read.problem
    else void this.#send(actor, read.event)
  }

  async #send({ name, send }: SeenActor, event: { type: string }) {
    this.note = ''
    const problem = await send?.(event)
    this.note = problem ?? `Sent ${legible(event.type)} to ${legible(name)}.`
  }

  readonly #save = () => {
    const url = URL.createObjectURL(new Blob([recordingOf(this.#timeline)], { type: 'application/json' }))
    const link = document.createElement('a')
    link.href = url
    link.download = `${(this.#actor?.name ?? '').replace(/[^\w.-]+/g, '-') || 'recording'}.${RECORDING_NAME}`
    link.click()
    URL.revokeObjectURL(url)
    this.note = `Saved ${link.download}.`
  }

  readonly #chooseFile = () => {
    this.renderRoot.querySelector<HTMLInputElement>('input[type=file]')?.click()
  }

  readonly #onFile = ({ currentTarget }: Event) => {
    if (!(currentTarget instanceof HTMLInputElement)) return
    const [file] = currentTarget.files ?? []
    if (file) void this.open(file)
    currentTarget.value = '' // allows opening the same file again
  }
}

const NO_COLUMNS: ReadonlyMap<string, number> = new Map()
const NOTHING_OPEN: readonly string[] = []
/** The parts of a snapshot to show first. */
const FIRST_OPEN = ['context', 'output', 'error', 'value']

/** A snapshot with these parts first. */
function inOrder(snapshot: unknown): unknown {
  if (typeof snapshot !== 'object' || snapshot === null || Array.isArray(snapshot)) return snapshot
  const first = Object.entries(snapshot).filter(([name]) => FIRST_OPEN.includes(name))
  const places = (name: string) => ['value', 'context', 'output', 'error'].indexOf(name)
  const rest = Object.entries(snapshot).filter(([name]) => !FIRST_OPEN.includes(name))
  return Object.fromEntries([...first.toSorted(([a], [b]) => places(a) - places(b)), ...rest])
}

if (globalThis.customElements && !customElements.get('state-inspector'))
  customElements.define('state-inspector', StateInspectorElement)

declare global {
  interface HTMLElementTagNameMap {
    'state-inspector': StateInspectorElement
  }
}

/**
 * Importing it defines `<state-inspector>`, the viewer, for your own page:
 * packages/statescope/README.md#the-inspector-in-your-page. Needs the packages `elkjs` and `lit`.
 *
 * @module statescope/state-inspector
 */
import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit'
import '../statechart/element.ts'
import { legible } from '../statechart/legible.ts'
import { asTest } from './as-test.ts'
import { droppedIn } from './message.ts'
import { COLUMN, eventRow, ROW_HEIGHT, sequenceRow, sequenceWidth } from './rows.ts'
import { styles } from './styles.ts'
import { ledBy, type SeenActor, type Step, Timeline, valueText } from './timeline.ts'

type Tab = 'events' | 'sequence'
/** Rows above and below what is seen, so that scrolling shows no gap. */
const SPARE = 8

/**
 * A viewer of XState v5 actors, as an element: the chart of the actor one chose with the state that it is in, every event,
 * snapshots at any time, and the sequence between actors. It is fed the messages of Stately's inspector protocol:
 *
 *     const viewer = document.querySelector('state-inspector')
 *     const { inspect } = createInspector({ to: viewer })
 *
 * or `createBrowserReceiver().subscribe((message) => viewer.receive(message))`, or a WebSocket receiver's. Needs `elkjs` and
 * `lit`.
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
    ownEvents: { state: true },
    note: { state: true },
  }

  readonly #timeline = new Timeline()
  /** Which actor is looked at; the first machine unless one chose. */
  declare private chosen: string | null
  /** The step that is looked at; `null` follows what happens. */
  declare private step: Step | null
  declare private tab: Tab
  declare private search: string
  /** Whether XState's own events are listed, too. */
  declare private ownEvents: boolean
  /** What was last done, in words. */
  declare private note: string
  #shown: Step[] = []
  #dropped = 0
  #isDrawing = false

  constructor() {
    super()
    this.chosen = null
    this.step = null
    this.tab = 'events'
    this.search = ''
    this.ownEvents = true
    this.note = ''
  }

  /** Takes a message of the inspector protocol. */
  receive(message: StatelyInspectionEvent): void {
    const dropped = droppedIn(message)
    if (dropped === null) this.#timeline.receive(message)
    else {
      this.#dropped += dropped
      this.note = `${this.#dropped.toLocaleString('en')} messages were dropped: they came too fast.`
    }
    if (this.#isDrawing) return
    this.#isDrawing = true
    requestAnimationFrame(() => {
      this.#isDrawing = false
      this.requestUpdate()
    })
  }

  get #actor(): SeenActor | undefined {
    const actors = [...this.#timeline.actors.values()]
    const chosen = this.chosen === null ? undefined : this.#timeline.actors.get(this.chosen)
    if (chosen) return chosen
    // An app that was restarted is the one to look at.
    const process = processOf(this.step?.sessionId ?? actors.at(-1)?.sessionId)
    const own = actors.filter(({ sessionId }) => processOf(sessionId) === process)
    return own.find(({ machine }) => machine !== null) ?? own[0]
  }

  protected override willUpdate(): void {
    const words = this.search.trim().toLowerCase()
    this.#shown = this.#timeline.steps.filter(
      (step) =>
        (this.chosen === null || step.sessionId === this.chosen || step.sourceId === this.chosen) &&
        (this.ownEvents || !step.event.type.startsWith('xstate.')) &&
        (words === '' || this.#textOf(step).includes(words)),
    )
  }

  #texts = new WeakMap<Step, { of: unknown; text: string }>()
  /** All that one can search for in a step. */
  #textOf(step: Step): string {
    const known = this.#texts.get(step)
    if (known && known.of === step.snapshot) return known.text
    const text = `${this.#nameOf(step.sessionId)} ${JSON.stringify(step.event)} ${step.after ? valueText(step.after) : ''}`
    this.#texts.set(step, { of: step.snapshot, text: text.toLowerCase() })
    return text.toLowerCase()
  }

  readonly #nameOf = (sessionId: string | null): string =>
    sessionId === null ? '' : (this.#timeline.actors.get(sessionId)?.name ?? sessionId)

  protected override render(): TemplateResult {
    const actor = this.#actor
    const step = this.step
    return html`
      <div class="bar">
        <label>Actor
          <select @change=${this.#chooseActor}>
            <option value="" ?selected=${this.chosen === null}>All</option>
            ${this.#actorTree().map(
              ({ sessionId, name, depth }) =>
                html`<option value=${sessionId} ?selected=${this.chosen === sessionId}>${'\u2003'.repeat(depth)}${legible(`${name} (${sessionId})`)}</option>`,
            )}
          </select>
        </label>
        <label>Search <input type="search" .value=${this.search} @input=${this.#onSearch} placeholder="event, state, value"></label>
        <label class="check"><input type="checkbox" .checked=${this.ownEvents} @change=${this.#onOwnEvents}>XState’s own events</label>
        <span class="buttons">
          <button type="button" aria-pressed=${step === null} @click=${this.#live}>Live</button>
          <button type="button" ?disabled=${!actor} @click=${this.#copyTest}>Copy as test</button>
          <button type="button" @click=${this.#clear}>Clear</button>
        </span>
        <p role="status">${this.note}</p>
      </div>
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
            <span class="count">${this.#shown.length.toLocaleString()} of ${this.#timeline.steps.length.toLocaleString()}</span>
          </div>
          <div class="panel" role="tabpanel" id="panel" aria-labelledby=${this.tab}>${this.#rows()}</div>
        </section>
        <section class="look">
          <state-chart ?hidden=${!actor?.machine}></state-chart>
          ${actor?.machine ? nothing : html`<p class="empty">${actor ? 'This actor runs no state machine: it has no chart.' : 'No actor has been seen yet. Give createInspector()’s inspect to one.'}</p>`}
          ${this.#details(actor)}
        </section>
      </div>`
  }

  #rows() {
    const isSequence = this.tab === 'sequence'
    const actors = [...this.#timeline.actors.values()]
    const width = isSequence ? sequenceWidth(actors.length) : 0
    const [from, to] = this.#seen()
    // Styles are set as properties: a strict Content-Security-Policy lets none in that stand in the markup.
    const selected = this.step === null ? -1 : this.#shown.indexOf(this.step)
    return html`<div id="rows" class="rows ${this.tab}" role="listbox" tabindex="0" aria-label=${isSequence ? 'Sequence' : 'Events'}
        aria-activedescendant=${selected >= 0 ? `step-${selected}` : nothing} @scroll=${this.#onScroll} @keydown=${this.#onKey}>
      ${isSequence ? html`<div class="heads" role="presentation" .style=${`width:${width}px`}>${actors.map(({ name }) => html`<span>${legible(name)}</span>`)}</div>` : nothing}
      <div role="presentation" .style=${`height:${this.#shown.length * ROW_HEIGHT}px;min-width:${width}px;--actors:${actors.length}`}>
        ${this.#shown.slice(from, to).map((step, offset) => {
          const index = from + offset
          return html`<div role="option" id="step-${index}" aria-selected=${index === selected} aria-setsize=${this.#shown.length}
            aria-posinset=${index + 1} .style=${`top:${index * ROW_HEIGHT}px`} @click=${() => this.#choose(step)}>
            ${isSequence ? sequenceRow(step, actors) : eventRow(step, this.#nameOf)}</div>`
        })}
      </div>
    </div>`
  }

  #details(actor: SeenActor | undefined) {
    const step = this.step ?? this.#timeline.steps.findLast(({ sessionId }) => sessionId === actor?.sessionId)
    if (!actor || !step) return nothing
    const snapshot = this.#timeline.lastStepOf(actor.sessionId, step)?.snapshot
    return html`<div class="details">
      <div><h2 id="event">Event</h2><pre tabindex="0" role="group" aria-labelledby="event">${pretty(step.event)}</pre></div>
      <div><h2 id="snapshot">Snapshot</h2><pre tabindex="0" role="group" aria-labelledby="snapshot">${pretty(snapshot)}</pre></div>
    </div>`
  }

  protected override updated(changed: PropertyValues): void {
    const actor = this.#actor
    const chart = this.renderRoot.querySelector('state-chart')
    if (chart && actor) {
      chart.machine = actor.machine
      const until = this.step ?? this.#timeline.steps.at(-1)
      const last = until && this.#timeline.lastStepOf(actor.sessionId, until)
      const by = ledBy(last)
      const value = last ? last.after : this.#timeline.valueOf(actor.sessionId)
      if (this.#lit.step !== last || this.#lit.sessionId !== actor.sessionId) chart.show(value, by)
      this.#lit = { sessionId: actor.sessionId, step: last }
    }
    const rows = this.renderRoot.querySelector('#rows')
    if (rows && this.step === null) rows.scrollTop = rows.scrollHeight
    if (rows && this.step && changed.has('step')) this.#reveal(rows, this.#shown.indexOf(this.step))
    const isAsked = changed.has('step') || changed.has('tab') || this.step === null
    if (rows && this.tab === 'sequence' && isAsked) this.#revealColumn(rows, this.step ?? this.#shown.at(-1))
  }
  #lit: { sessionId?: string; step?: Step | undefined } = {}

  #seen(): [number, number] {
    const rows = this.renderRoot.querySelector('#rows')
    const height = rows?.clientHeight ?? 600
    const isLive = this.step === null
    const top = isLive ? Math.max(0, this.#shown.length * ROW_HEIGHT - height) : (rows?.scrollTop ?? 0)
    const from = Math.max(0, Math.floor(top / ROW_HEIGHT) - SPARE)
    return [from, Math.ceil((top + height) / ROW_HEIGHT) + SPARE]
  }

  #reveal(rows: Element, index: number) {
    const top = index * ROW_HEIGHT
    const heads = this.tab === 'sequence' ? ROW_HEIGHT : 0
    if (top < rows.scrollTop) rows.scrollTop = top
    else if (top + ROW_HEIGHT + heads > rows.scrollTop + rows.clientHeight) {
      rows.scrollTop = top + ROW_HEIGHT + heads - rows.clientHeight
    }
  }

  #revealColumn(rows: Element, step: Step | undefined) {
    const column = [...this.#timeline.actors.keys()].indexOf(step?.sessionId ?? '')
    const [left, right] = [column * COLUMN, (column + 1) * COLUMN]
    if (column < 0) return
    if (left < rows.scrollLeft || right > rows.scrollLeft + rows.clientWidth) rows.scrollLeft = left
  }

  /** Children below their parents; of those that lie in a circle, the first is taken for the outermost. */
  #actorTree(): (SeenActor & { depth: number })[] {
    const { actors } = this.#timeline
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

  readonly #chooseActor = ({ currentTarget }: Event) => {
    this.chosen =
      currentTarget instanceof HTMLSelectElement && currentTarget.value !== '' ? currentTarget.value : null
  }

  readonly #onSearch = ({ currentTarget }: Event) => {
    if (currentTarget instanceof HTMLInputElement) this.search = currentTarget.value
  }

  readonly #onOwnEvents = ({ currentTarget }: Event) => {
    if (currentTarget instanceof HTMLInputElement) this.ownEvents = currentTarget.checked
  }

  readonly #live = () => {
    this.step = null
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

  /** Who scrolls back wants to read, and not to be taken to the end again. */
  readonly #onScroll = ({ currentTarget }: Event) => {
    if (!(currentTarget instanceof HTMLElement)) return
    const { scrollTop, scrollHeight, clientHeight } = currentTarget
    const isAtEnd = scrollHeight - scrollTop - clientHeight < ROW_HEIGHT
    if (this.step === null && !isAtEnd) {
      const [from] = [Math.floor((scrollTop + clientHeight) / ROW_HEIGHT) - 1]
      this.#choose(this.#shown[from])
    }
    this.requestUpdate()
  }

  readonly #onKey = (event: KeyboardEvent) => {
    const at = this.step ? this.#shown.indexOf(this.step) : this.#shown.length - 1
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
    this.#choose(this.#shown[Math.min(Math.max(at + move, 0), this.#shown.length - 1)])
  }

  readonly #clear = () => {
    this.#timeline.clear()
    this.step = null
    this.note = ''
    this.requestUpdate()
  }

  readonly #copyTest = async () => {
    const actor = this.#actor
    if (!actor) return
    const last = this.step?.number ?? Number.POSITIVE_INFINITY
    const steps = this.#timeline.steps.filter(({ number }) => number <= last)
    try {
      await navigator.clipboard.writeText(asTest(actor, steps))
      this.note = 'Copied a test to the clipboard.'
    } catch {
      this.note = 'The browser did not allow to copy.'
    }
  }
}

/** `statescope` numbers them: `2` of `2/x:0`. */
const processOf = (sessionId = '') => sessionId.slice(0, sessionId.indexOf('/') + 1)

const pretty = (value: unknown) => legible(JSON.stringify(value, null, 2) ?? '')

if (globalThis.customElements && !customElements.get('state-inspector'))
  customElements.define('state-inspector', StateInspectorElement)

declare global {
  interface HTMLElementTagNameMap {
    'state-inspector': StateInspectorElement
  }
}

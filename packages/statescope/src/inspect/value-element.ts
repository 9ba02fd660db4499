import { css, html, LitElement, nothing, type TemplateResult } from 'lit'
import { legible } from '../statechart/legible.ts'
import { gist, isParent, keyOf, PORTION, rowsOf, type ValueRow } from './value-rows.ts'

/** Shows a value as an expandable tree that marks changes: https://www.w3.org/WAI/ARIA/apg/patterns/treeview/. */
class StateValueElement extends LitElement {
  static override readonly styles = css`
    :host { display: block; min-width: 0; overflow: auto; font: 12px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; }
    [role='tree'] { padding-block: 2px 10px; }
    [role='tree']:focus-visible { outline: 3px solid var(--accent); outline-offset: -3px; }
    [role='treeitem'] {
      display: flex; gap: 6px; align-items: baseline; cursor: default; min-height: 24px; padding-block: 2px; box-sizing: border-box;
      padding-inline: calc(8px + 14px * var(--depth)) 10px; overflow-wrap: anywhere;
    }
    [role='treeitem'][aria-expanded] { cursor: pointer; }
    [role='treeitem']:hover { background: var(--sunken); }
    [role='treeitem'].at { background: color-mix(in srgb, var(--accent) 16%, var(--ground)); }
    .sign { flex: none; width: 10px; color: var(--soft); text-align: center; }
    [aria-expanded='true'] > .sign { rotate: 90deg; }
    .name { flex: none; max-width: 60%; color: var(--soft); }
    .text { white-space: pre-wrap; min-width: 0; }
    .mark { flex: none; align-self: center; margin-inline-start: auto; padding-inline: 5px; border-radius: 4px; font: 11px/1.5 system-ui, sans-serif; color: var(--marked); background: var(--marked-ground); }
    .removed > .text { text-decoration: line-through; }
    .more > .text { color: var(--accent); }
    @media (forced-colors: active) {
      .at { outline: 2px solid Highlight; outline-offset: -2px; }
      .mark { border: 1px solid; }
    }
    p { margin: 0; padding: 2px 12px 10px; color: var(--soft); overflow-wrap: anywhere; }
  `
  static override readonly properties = {
    label: {},
    value: {},
    earlier: {},
    firstOpen: {},
    at: { state: true },
    version: { state: true },
  }

  declare label: string
  declare value: unknown
  /** The previous value; `undefined` if unknown. */
  declare earlier: unknown
  /** The parts that are open at first. */
  declare firstOpen: readonly string[]
  /** The key of the selected line. */
  declare private at: string | null
  declare private version: number
  /** What the person opened or closed. It stays so as the value changes. */
  readonly #opened = new Map<string, boolean>()
  readonly #shown = new Map<string, number>()
  #rows: ValueRow[] = []

  constructor() {
    super()
    this.label = ''
    this.firstOpen = []
    this.at = null
    this.version = 0
  }

  /** The selected part, or the whole value, as JSON. */
  asJson(): string {
    const row = this.#rows[this.#index]
    return JSON.stringify(row ? row.value : this.value, null, 2) ?? ''
  }

  get #index(): number {
    return this.at === null ? -1 : this.#rows.findIndex(({ path }) => keyOf(path) === this.at)
  }

  protected override willUpdate(): void {
    this.#rows = rowsOf(this.value, this.earlier, {
      isOpen: (path) =>
        this.#opened.get(keyOf(path)) ?? (path.length === 1 && this.firstOpen.includes(path[0] ?? '')),
      shown: (path) => this.#shown.get(keyOf(path)) ?? PORTION,
    })
  }

  protected override render(): TemplateResult {
    if (!isParent(this.value))
      return html`<p>${this.value === undefined ? 'Nothing yet.' : legible(gist(this.value, true))}</p>`
    const index = this.#index
    return html`<div role="tree" tabindex="0" aria-label=${this.label} aria-activedescendant=${index < 0 ? nothing : `row-${index}`}
      @keydown=${this.#onKey}>${this.#rows.map((row, at) => this.#row(row, at, at === index))}</div>`
  }

  #row(row: ValueRow, at: number, isAt: boolean) {
    const { level, place, siblings, name, text, isOpen, mark, more } = row
    return html`<div role="treeitem" id="row-${at}" class="${mark ?? ''} ${more > 0 ? 'more' : ''} ${isAt ? 'at' : ''}" aria-level=${level}
      aria-posinset=${place} aria-setsize=${siblings} aria-expanded=${isOpen ?? nothing} aria-selected=${isAt}
      .style=${`--depth:${level - 1}`} @click=${() => this.#press(row)}><span class="sign" aria-hidden="true">${isOpen === null ? '' : '▸'}</span>${more > 0 ? nothing : html`<span class="name">${legible(name)}:</span>`}<span class="text">${legible(text)}</span>${mark ? html`<span class="mark">${mark}</span>` : nothing}</div>`
  }

  #press(row: ValueRow) {
    this.at = keyOf(row.path)
    if (row.more > 0) {
      const parent = keyOf(row.path.slice(0, -1))
      this.#shown.set(parent, (this.#shown.get(parent) ?? PORTION) + PORTION)
    } else if (row.isOpen !== null) this.#opened.set(this.at, !row.isOpen)
    this.version++
  }

  #go(index: number) {
    const row = this.#rows[Math.min(Math.max(index, 0), this.#rows.length - 1)]
    if (!row) return
    this.at = keyOf(row.path)
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector(`#row-${this.#index}`)?.scrollIntoView({ block: 'nearest' }),
    )
  }

  readonly #onKey = (event: KeyboardEvent) => {
    const { key, ctrlKey, metaKey } = event
    const index = this.#index
    const row = this.#rows[index]
    if ((ctrlKey || metaKey) && key.toLowerCase() === 'c') {
      if (String(getSelection()) === '') this.dispatchEvent(new Event('copy-value'))
      return
    }
    if (key === 'ArrowDown') this.#go(index + 1)
    else if (key === 'ArrowUp') this.#go(index - 1)
    else if (key === 'Home') this.#go(0)
    else if (key === 'End') this.#go(this.#rows.length - 1)
    else if (!row) return
    else if (key === 'Enter' || key === ' ') this.#press(row)
    else if (key === 'ArrowRight') {
      if (row.isOpen === false || row.more > 0) this.#press(row)
      else if (row.isOpen) this.#go(index + 1)
    } else if (key === 'ArrowLeft') {
      if (row.isOpen) this.#press(row)
      else this.#go(this.#rows.findLastIndex((other, at) => at < index && other.level < row.level))
    } else return
    event.preventDefault()
  }
}

if (globalThis.customElements && !customElements.get('state-value'))
  customElements.define('state-value', StateValueElement)

declare global {
  interface HTMLElementTagNameMap {
    'state-value': StateValueElement
  }
}

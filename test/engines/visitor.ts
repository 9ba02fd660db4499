import { expect } from 'vitest'
import { oathtool, zbarimg } from '../support/tools.ts'
import { BACKSPACE, END, ENTER, type Tab } from './tab.ts'

const KINDS = {
  button: 'button, [role=button], [role=tab]',
  field: 'input, textarea',
  link: 'a[href]',
  image: 'img, [role=img]',
  dialog: 'dialog[open]',
  step: '[role=option]',
  summary: 'summary',
  check: '[type=checkbox]',
}
type Kind = keyof typeof KINDS

/** Who visits a page: reads what is in sight, presses with a mouse, types on a keyboard. Waits until it can. */
export function visitor(tab: Tab) {
  const can = { timeout: 90_000, interval: 50 } // a machine may be busy with something else

  /** The middle of what has that name and can be pressed, once it holds still. */
  async function placeOf(kind: Kind, name: string): Promise<{ x: number; y: number }> {
    let before = ''
    let place: { x: number; y: number } | null = null
    await expect
      .poll(async () => {
        place = await tab.run(find, KINDS[kind], name)
        const now = JSON.stringify(place)
        const isStill = place !== null && now === before
        before = now
        return isStill || `no ${kind} “${name}” in: ${await tab.run(textInSight)}`
      }, can)
      .toBe(true)
    return place ?? { x: 0, y: 0 }
  }

  async function clicks(name: string, kind: Kind = 'button') {
    const { x, y } = await placeOf(kind, name)
    await tab.press(x, y)
  }

  return {
    clicks,
    finds: placeOf,
    /** Takes the pointer away from what was pressed, until the page holds no place for a second click there. */
    async leaves() {
      await tab.point(1, 1)
      await expect.poll(() => tab.run(heldPlaces), can).toBe(0)
    },
    /** Types into the field that has the focus, as the page has left it. */
    async types(field: string, text: string) {
      await placeOf('field', field)
      await expect.poll(() => tab.run(focusedName), can).toBe(field)
      await tab.type(text + ENTER)
    },
    /** Writes in the place of what stands in a field. */
    async fills(field: string, text: string) {
      await clicks(field, 'field')
      await tab.type(END + BACKSPACE.repeat(await tab.run(focusedLength)) + text)
    },
    sees: (text: string) => expect.poll(() => tab.run(textInSight), can).toContain(text),
    seesNo: (text: string) => expect.poll(() => tab.run(textInSight), can).not.toContain(text),
    /** Points a phone at the screen; gives the secret. */
    async scans(): Promise<string> {
      await placeOf('image', 'QR code')
      let uri = ''
      await expect
        .poll(async () => {
          const picture = await tab.picture()
          try {
            uri = zbarimg(picture)
          } catch {
            return `no QR code in ${picture}`
          }
          return uri
        }, can)
        .toMatch(/^otpauth:/)
      return new URL(uri).searchParams.get('secret') ?? ''
    },
    text: () => tab.run(textInSight),
    /** A chart of at least six states, and this one lit. */
    seesChart: (state: string) => expect.poll(() => tab.run(litStates), can).toContain(state),
    contrastOf: (button: string) => tab.run(contrast, button),
  }
}
export type Visitor = ReturnType<typeof visitor>

/** Six digits that the app shows at no time near now. */
export function wrongCode(secret: string): string {
  const near = [-60, -30, 0, 30, 60].map((seconds) => oathtool(secret, seconds))
  return (
    ['111111', '222222', '333333', '444444', '555555', '666666'].find((code) => !near.includes(code)) ?? ''
  )
}

// What follows runs in the page, each function by itself.

function find(selector: string, name: string): { x: number; y: number } | null {
  function all(root: Document | ShadowRoot): Element[] {
    return [...root.querySelectorAll('*')].flatMap((one) => [
      one,
      ...(one.shadowRoot ? all(one.shadowRoot) : []),
    ])
  }
  function nameOf(one: Element): string {
    const root = one.getRootNode() as Document | ShadowRoot
    const ids = one.getAttribute('aria-labelledby')?.split(/\s+/) ?? []
    const labels = 'labels' in one && one.labels ? [...(one.labels as NodeListOf<Element>)] : []
    const by = ids.length > 0 ? ids.map((id) => root.getElementById(id)) : labels
    const text =
      one.getAttribute('aria-label') ??
      (by.length > 0 ? by : [one]).map((each) => each?.textContent).join(' ')
    return text.replace(/\s+/g, ' ').trim()
  }
  for (const one of all(document)) {
    if (!one.matches(selector) || !one.checkVisibility({ visibilityProperty: true })) continue
    const known = nameOf(one)
    if (known !== name && !(one.matches('[role=option]') && known.includes(name))) continue
    if (one.matches(':disabled, [aria-disabled=true]')) continue
    one.scrollIntoView({ block: 'center', behavior: 'instant' })
    const { x, y, width, height } = one.getBoundingClientRect()
    const middle = { x: Math.round(x + width / 2), y: Math.round(y + height / 2) }
    let hit = document.elementFromPoint(middle.x, middle.y)
    while (hit?.shadowRoot?.elementFromPoint(middle.x, middle.y)) {
      const inner: Element | null = hit.shadowRoot.elementFromPoint(middle.x, middle.y)
      if (!inner || inner === hit) break
      hit = inner
    }
    if (hit && one.contains(hit)) return middle
  }
  return null
}

function heldPlaces(): number {
  const count = (root: Document | ShadowRoot): number =>
    [...root.querySelectorAll<HTMLElement>('*')].reduce(
      (sum, { style, shadowRoot }) => sum + (style?.minHeight ? 1 : 0) + (shadowRoot ? count(shadowRoot) : 0),
      0,
    )
  return count(document)
}

function focusedName(): string {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  return (element instanceof HTMLInputElement ? (element.labels?.[0]?.textContent ?? '') : '').trim()
}

const focusedLength = (): number =>
  document.activeElement instanceof HTMLInputElement ? document.activeElement.value.length : 0

/** The names of the states that are lit, in a chart that is drawn. */
function litStates(): string[] {
  function all(root: Document | ShadowRoot): Element[] {
    return [...root.querySelectorAll('*')].flatMap((one) => (one.shadowRoot ? all(one.shadowRoot) : one))
  }
  const states = all(document).filter((one) => {
    const { width, height } = one.getBoundingClientRect()
    return one.matches('svg [data-state]') && one.checkVisibility() && width > 10 && height > 10
  })
  if (states.length < 6) return []
  return states
    .filter((one) => one.matches('[data-active]'))
    .map((one) => one.querySelector('.name')?.textContent ?? '')
}

/** Between the text of a button and its ground (WCAG 2.2). */
function contrast(name: string): number {
  const button = [...document.querySelectorAll('button')].find(({ textContent }) => textContent === name)
  const { color = '', backgroundColor = '' } = button ? getComputedStyle(button) : {}
  const [dark = 0, light = 0] = [color, backgroundColor]
    .map((one) => {
      const canvas = document.createElement('canvas').getContext('2d')
      if (!canvas || one === '') return 0
      canvas.fillStyle = one
      canvas.fillRect(0, 0, 1, 1)
      const [r = 0, g = 0, b = 0] = [...canvas.getImageData(0, 0, 1, 1).data].map((byte) =>
        byte <= 10 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4,
      )
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    })
    .toSorted((one, other) => one - other)
  return (light + 0.05) / (dark + 0.05)
}

function textInSight(): string {
  function read(node: Node): string {
    if (node instanceof Text) return node.data
    if (!(node instanceof Element)) return ''
    if (node.matches('script, style, template') || !node.checkVisibility({ visibilityProperty: true })) {
      // What has no box of its own may have children with one.
      if (getComputedStyle(node).display !== 'contents') return ''
    }
    if (node instanceof HTMLSlotElement) return node.assignedNodes().map(read).join(' ')
    return [...(node.shadowRoot ?? node).childNodes].map(read).join(' ')
  }
  return read(document.body).replace(/\s+/g, ' ')
}

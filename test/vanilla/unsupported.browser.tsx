import { createTotpFlow, type TotpFlow } from 'totp-flow'
import 'totp-flow/element'
import { memoryBackend } from 'totp-flow/memory'
import { ar } from 'totp-flow/messages'
import { bindTotpFlow } from 'totp-flow/vanilla'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { page } from 'vitest/browser'

let flow: TotpFlow
beforeEach(async () => {
  flow = createTotpFlow({ backend: memoryBackend(), tabs: false })
  await flow.settled()
})
afterEach(() => {
  document.body.replaceChildren()
  flow.stop()
})

/** What engines below the floor have not, each of which stops the binding at another place. */
const needs: [name: string, owner: object][] = [
  ['Object.hasOwn', Object],
  ['Element.prototype.closest', Element.prototype],
  ['Element.prototype.replaceChildren', Element.prototype],
]
const SAYS_SO = 'This doesn’t work in this browser. Update it, or use another one.'

/** Runs without it; gives what the console was told. */
function without([path, owner]: (typeof needs)[number], run: () => void): unknown[] {
  const name = path.slice(path.lastIndexOf('.') + 1)
  const had = Object.getOwnPropertyDescriptor(owner, name) ?? {}
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => log.mockRestore())
  Reflect.deleteProperty(owner, name)
  try {
    run()
  } finally {
    Object.defineProperty(owner, name, had)
  }
  return log.mock.calls.flat()
}

it.each(needs)(
  'a page bound in a browser without %s says that it does not work there, and shows no protected content',
  async (...need) => {
    document.body.innerHTML = `<main hidden data-totp-cloak>
      <svg data-totp-qr></svg>
      <form data-totp-do="submit-code"><input name="code"><button>Verify</button></form>
      <p data-totp-show="on">what the app guards</p></main>`
    const main = document.querySelector('main')
    if (!main) throw new Error('There is no main.')
    let unbind = () => {}
    const told = without(need, () => {
      unbind = bindTotpFlow(main, flow)
    })
    expect(told).toEqual([expect.any(TypeError)])
    await expect.element(page.getByText(SAYS_SO)).toBeVisible()
    flow.register()
    await flow.waitFor(({ state }) => state === 'awaitingCode')
    expect(main.textContent).toBe(SAYS_SO)
    unbind()
  },
)

/** The element's style also needs the last one. */
const needsOfElement = [
  ...needs,
  ['DocumentFragment.prototype.prepend', DocumentFragment.prototype],
] satisfies typeof needs

it.each(needsOfElement)(
  'the element in a browser without %s says that it does not work there, and shows no protected content',
  async (...need) => {
    document.body.innerHTML = '<totp-flow><p>what the app guards</p></totp-flow>'
    const element = document.querySelector('totp-flow')
    if (!element) throw new Error('There is no element.')
    const told = without(need, () => {
      element.flow = flow
    })
    expect(told).toEqual([expect.any(TypeError)])
    await expect.element(page.getByText(SAYS_SO)).toBeVisible()
    expect(element.firstElementChild?.checkVisibility()).toBe(false)
    without(need, () => {
      element.messages = ar
    })
    const sentence = element.shadowRoot?.querySelector('p')
    expect([sentence?.textContent, sentence?.lang, sentence?.dir]).toEqual([
      ar.device.unsupported,
      'ar',
      'rtl',
    ])
    flow.register()
    await flow.waitFor(({ state }) => state === 'awaitingCode')
    expect(element.shadowRoot?.querySelector('section')).toBeNull()
  },
)

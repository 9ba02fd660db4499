/** What becomes of a view and of a flow that somebody keeps in the reactive state of a framework. */
import { createMutable } from 'solid-js/store'
import { proxy } from 'svelte/internal/client'
import { createTotpFlow, type TotpFlow } from 'totp-flow'
import 'totp-flow/element'
import { memoryBackend } from 'totp-flow/memory'
import { bindTotpFlow } from 'totp-flow/vanilla'
import { proxy as valtio } from 'valtio/vanilla'
import { describe, expect, it, onTestFinished } from 'vitest'
import { page } from 'vitest/browser'
import { reactive, ref } from 'vue'
import { button, codeOf, register } from '../react/render-flow.tsx'

/** Wraps all that it is asked for, functions too, as the eagerest of libraries do. */
function wrapped<Value>(value: Value): Value {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return value
  return new Proxy(value, { get: (target, name, self) => wrapped(Reflect.get(target, name, self)) })
}

interface Kept {
  flow: TotpFlow
  view: ReturnType<TotpFlow['getView']>
}
const libraries: [name: string, keep: (kept: Kept) => Kept][] = [
  ['Vue’s reactive()', (kept) => reactive(kept) as Kept],
  ['Vue’s ref()', (kept) => ref(kept).value as Kept],
  ['Svelte’s $state', (kept) => proxy(kept)],
  ['Solid’s createMutable()', (kept) => createMutable(kept)],
  ['Valtio’s proxy()', valtio],
  ['a proxy of everything', wrapped],
]

describe.each(libraries)('%s', (name, keep) => {
  function start() {
    const flow = createTotpFlow({ backend: memoryBackend(), tabs: false })
    onTestFinished(() => flow.stop())
    return flow
  }

  it(`${name} keeps a view whose secrets open, and shows none`, async () => {
    const flow = start()
    const secret = await register(flow)
    const { view } = keep({ flow, view: flow.getView() })
    expect(view.registration?.unseal().secret).toBe(secret)
    expect(view.can.cancel).toBe(true)
    expect(JSON.stringify(view)).not.toContain(secret)
    expect(`${view.registration}`).toBe('[sealed]')
    flow.submitCode(codeOf(secret))
    await flow.waitFor(({ state }) => state === 'elevated')
    const codes = keep({ flow, view: flow.getView() }).view.recoveryCodes
    expect(codes?.unseal()).toHaveLength(10)
    expect(JSON.stringify(codes)).toBe('"[sealed]"')
  })

  it(`${name} keeps a flow that <totp-flow> and bindTotpFlow still run`, async () => {
    const { flow } = keep({ flow: start(), view: start().getView() })
    const element = document.createElement('totp-flow')
    const root = document.createElement('div')
    root.innerHTML = '<p data-totp-text="status"></p><dialog data-totp-dialog></dialog>'
    document.body.replaceChildren(element, root)
    onTestFinished(() => document.body.replaceChildren())
    element.flow = flow
    onTestFinished(bindTotpFlow(root, flow))
    await button('Set up authenticator app').click()
    const { registration } = await flow.waitFor(({ state }) => state === 'awaitingCode')
    await page
      .getByRole('textbox', { name: '6-digit code' })
      .fill(codeOf(registration?.unseal().secret ?? ''))
    await expect.element(page.getByText('Authenticator app is on').last()).toBeVisible()
    expect(root.querySelector('p')?.textContent).toBe('Authenticator app is on')
    flow.stepUp(['wallet:export'])
    await expect.element(page.getByRole('dialog', { name: 'Confirm it’s you' })).toBeVisible()
  })
})

import { createRoot } from 'react-dom/client'
import { createTotpFlow, type TotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { page } from 'vitest/browser'
import { createModal } from '../../src/ui/modal.ts'
import { button, enroll, register } from '../react/render-flow.tsx'
import { boundPage, faces } from './faces.tsx'

afterEach(() => vi.restoreAllMocks())

/** What listens to the window, the document and an element that outlives a face; what was asked of the flow. */
function watchListeners(flow: TotpFlow, isOurRoot: boolean) {
  const living = new Map<string, number>()
  const count = (name: string, by: number) => living.set(name, (living.get(name) ?? 0) + by)
  const known = new Map<unknown, Set<string>>()
  const isOutside = (target: unknown) =>
    target === window ||
    target === document ||
    (isOurRoot &&
      (target instanceof ShadowRoot || (target instanceof Element && target.parentElement === document.body)))
  const { addEventListener, removeEventListener } = EventTarget.prototype
  const keyOf = (target: unknown, type: string, options: unknown) => {
    const isCapture =
      options === true || (typeof options === 'object' && options && 'capture' in options && options.capture)
    return `${target === window ? 'window' : target === document ? 'document' : 'root'} ${type} ${isCapture ? 'capture' : ''}`
  }
  function end(listener: unknown, key: string) {
    if (known.get(listener)?.delete(key)) count(key, -1)
  }
  vi.spyOn(EventTarget.prototype, 'addEventListener').mockImplementation(function (
    this: EventTarget,
    type,
    listener,
    options,
  ) {
    addEventListener.call(this, type, listener, options)
    if (!isOutside(this)) return
    const key = keyOf(this, type, options)
    const keys = known.get(listener) ?? new Set()
    known.set(listener, keys)
    if (keys.has(key)) return
    keys.add(key)
    count(key, 1)
    const signal = typeof options === 'object' ? options?.signal : undefined
    if (signal) addEventListener.call(signal, 'abort', () => end(listener, key))
  })
  vi.spyOn(EventTarget.prototype, 'removeEventListener').mockImplementation(function (
    this: EventTarget,
    type,
    listener,
    options,
  ) {
    removeEventListener.call(this, type, listener, options)
    if (isOutside(this)) end(listener, keyOf(this, type, options))
  })
  const watched: TotpFlow = {
    ...flow,
    subscribe(listener) {
      const stop = flow.subscribe(listener)
      count('flow', 1)
      return once(() => [stop(), count('flow', -1)])
    },
    on(type, listener) {
      const stop = flow.on(type, listener)
      count(`flow ${type}`, 1)
      return once(() => [stop(), count(`flow ${type}`, -1)])
    },
  }
  return { watched, left: () => [...living].filter(([, number]) => number !== 0), begun: () => living.size }
}
function once(act: () => unknown): () => void {
  let isDone = false
  return () => {
    if (!isDone) act()
    isDone = true
  }
}

const moments: [name: string, reach: (flow: TotpFlow) => Promise<unknown>][] = [
  ['the card is shown', (flow) => flow.settled()],
  [
    'a picture is shown and its field waits for the focus',
    async (flow) => {
      await register(flow)
      await expect.element(page.getByRole('textbox', { name: '6-digit code' })).toBeVisible()
    },
  ],
  [
    'a dialog asks for a code',
    async (flow) => {
      await enroll(flow)
      flow.deleteDevice()
      await expect.element(button('Cancel')).toBeVisible()
    },
  ],
  [
    'the recovery codes were just kept',
    async (flow) => {
      await enroll(flow)
      await button('Copy codes').click()
      await button('I have saved these codes').click()
      await flow.waitFor(({ recoveryCodes }) => recoveryCodes === null)
    },
  ],
]

describe.each([...faces, boundPage])('%s', (name, show) => {
  it.each(moments)('a UI that leaves while %s leaves no listener and no style', async (_moment, reach) => {
    const flow = createTotpFlow({ backend: memoryBackend(), tabs: false })
    // React listens to the document once and for all, and so does what keeps presses in a dialog.
    createRoot(document.createElement('div'))
    createModal(flow, document.createElement('dialog'))
    onTestFinished(() => flow.stop())
    const style = document.documentElement.style.cssText
    const { watched, left, begun } = watchListeners(flow, name !== 'the React components')
    const hide = show(watched)
    onTestFinished(hide)
    await reach(flow)
    await expect.poll(begun).toBeGreaterThan(0)
    hide()
    await expect.poll(left).toEqual([])
    expect(document.documentElement.style.cssText).toBe(style)
  })
})

import 'statescope/state-chart'
import 'statescope/state-inspector'
import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { generateSync } from 'otplib'
import { createInspector, type Inspector } from 'statescope'
import { createTotpFlow, type TotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { page } from 'vitest/browser'

const lit = (chart: Element) =>
  [...(chart.shadowRoot?.querySelectorAll('[data-active]') ?? [])].map((state) =>
    state.getAttribute('data-state'),
  )
const taken = (chart: Element) =>
  [...(chart.shadowRoot?.querySelectorAll('text[data-taken]') ?? [])].map(({ textContent }) => textContent)

it('the chart follows a flow: the states it is in, and the way it took', async () => {
  const chart = document.createElement('state-chart')
  chart.style.height = '500px'
  document.body.append(chart)
  const flow = createTotpFlow({ backend: memoryBackend() })
  chart.actor = flow.actor
  await expect.poll(() => chart.shadowRoot?.querySelectorAll('[data-state]').length).toBeGreaterThan(0)
  await flow.settled()
  flow.register()
  expect(page.elementLocator(chart).getByRole('status').element().textContent).toBe('In registering')
  expect(lit(chart)).toEqual(['totp', 'totp.registering'])
  expect(taken(chart)).toEqual(['2. device.register [oneDevicePerUser] / intend'])
  await flow.settled()
  expect(lit(chart)).toEqual(['totp', 'totp.awaitingCode', 'totp.awaitingCode.ready'])
  chart.remove()
  flow.cancel()
  document.body.append(chart)
  // No locator of an element that goes on: it would be found by the words that it had at first.
  await expect.poll(() => chart.shadowRoot?.querySelector('[role=status]')?.textContent).toBe('In idle.ready')
  flow.stop()
})

let viewer: HTMLElementTagNameMap['state-inspector']
let inspector: Inspector
let told: StatelyInspectionEvent[]
beforeEach(() => {
  const element = document.createElement('state-inspector')
  viewer = element
  document.body.append(viewer)
  told = []
  const receive = (message: StatelyInspectionEvent) => {
    told.push(message)
    element.receive(message)
  }
  inspector = createInspector({ to: { receive } })
})
afterEach(() => {
  inspector.stop()
  document.body.replaceChildren()
})

async function enrollAndElevate(flow: TotpFlow): Promise<string[]> {
  await flow.settled()
  flow.register()
  const { registration } = await flow.waitFor(({ state }) => state === 'awaitingCode')
  const { secret = '', uri = '' } = registration?.unseal() ?? {}
  const code = generateSync({ secret })
  flow.submitCode(code)
  const { recoveryCodes } = await flow.waitFor(({ state }) => state === 'elevated')
  const codes = recoveryCodes?.unseal() ?? []
  flow.stepUp(['wallet:export'])
  const next = generateSync({ secret, epoch: Math.floor(Date.now() / 1000) + 30 })
  flow.submitCode(next)
  await flow.waitFor(({ state }) => state === 'elevated')
  const token = flow.takeElevatedToken('wallet:export') ?? ''
  return [secret, uri, code, next, token, ...codes]
}

/** The recording that a viewer saves. */
async function savedBy(viewer: HTMLElement): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<Blob>()
  const make = URL.createObjectURL
  URL.createObjectURL = (blob) => {
    resolve(blob as Blob)
    return make(blob)
  }
  await page.elementLocator(viewer).getByRole('button', { name: 'Save', exact: true }).click()
  URL.createObjectURL = make
  return (await promise).text()
}

/** The test that a viewer copies for each actor. */
async function testsCopiedBy(viewer: HTMLElement): Promise<string[]> {
  const copied: string[] = []
  Object.defineProperty(navigator, 'clipboard', {
    configurable: true,
    value: { writeText: async (text: string) => copied.push(text) },
  })
  await page.elementLocator(viewer).getByRole('checkbox', { name: 'Ended actors' }).click()
  const select = page.elementLocator(viewer).getByRole('combobox', { name: 'Actor' })
  await expect.poll(() => (select.element() as HTMLSelectElement).options.length).toBeGreaterThan(3)
  for (const { value } of [...(select.element() as HTMLSelectElement).options]) {
    await select.selectOptions(value)
    await page.elementLocator(viewer).getByRole('button', { name: 'Copy as test' }).click()
  }
  Reflect.deleteProperty(navigator, 'clipboard')
  return copied
}

it('the viewer is told no secret, code or token, whatever is done; nor is a hosted viewer, by the protocol it speaks', async () => {
  const hosted: unknown[] = []
  const iframe = document.createElement('iframe')
  const script =
    "onmessage = ({ data }) => parent.postMessage({ heard: data }, '*'); parent.postMessage({ type: '@statelyai.connected' }, '*')"
  const url = URL.createObjectURL(new Blob([`<script>${script}</script>`], { type: 'text/html' }))
  const hear = ({ data }: MessageEvent) => 'heard' in data && hosted.push(data.heard)
  addEventListener('message', hear)
  document.body.append(iframe)
  const remote = createInspector({ to: { url, iframe } })
  const inspect = (event: Parameters<NonNullable<typeof remote.inspect.next>>[0]) => {
    inspector.inspect.next?.(event)
    remote.inspect.next?.(event)
  }
  const flow = createTotpFlow({ backend: memoryBackend(), inspect })
  const secrets = await enrollAndElevate(flow)
  expect(secrets.length).toBe(15)
  expect(secrets.every((secret) => secret.length >= 6)).toBe(true)
  const heard = (messages: unknown[]) => JSON.stringify(messages)
  await expect.poll(() => heard(told)).toContain('"type":"elevation.consume"')
  await expect.poll(() => heard(hosted)).toContain('"type":"elevation.consume"')
  for (const secret of secrets) {
    expect(heard(told)).not.toContain(secret)
    expect(heard(hosted)).not.toContain(secret)
    expect(viewer.shadowRoot?.textContent).not.toContain(secret)
  }
  const kept = [await savedBy(viewer), ...(await testsCopiedBy(viewer))]
  expect(kept.length).toBeGreaterThan(3)
  for (const secret of secrets) for (const text of kept) expect(text).not.toContain(secret)
  expect(kept[0]).toContain('"type":"elevation.consume"')
  expect(kept.join()).toContain("type: 'code.submit'")
  expect(heard(told)).not.toContain('takesEvents')
  removeEventListener('message', hear)
  remote.stop()
  iframe.remove()
  flow.stop()
})

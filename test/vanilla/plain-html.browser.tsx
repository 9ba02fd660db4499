/** The examples of docs/plain-html.md, and what is shown before the script has run. */
import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { bindTotpFlow } from 'totp-flow/vanilla'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { page } from 'vitest/browser'
import { createApp, h } from 'vue'
import { codeOf, enroll } from '../react/render-flow.tsx'

let flow: ReturnType<typeof createTotpFlow>
beforeEach(() => {
  flow = createTotpFlow({ backend: memoryBackend() })
  document.body.replaceChildren()
})
afterEach(() => flow.stop())

const button = (name: string) => page.getByRole('button', { name, exact: true })

it('the guide’s element shows its messages, and emits that the app was set up', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  const { show } = await import('example:docs/plain-html.md/1')
  show(flow)
  await expect.element(button('Authenticator-App einrichten')).toBeVisible()
  await enroll(flow)
  await expect.element(page.getByText('Shown while the authenticator app is on.')).toBeVisible()
  expect(log.mock.calls).toEqual([['enrolled']])
})

it('the guide’s HTML is hidden until it is bound, and then enrolls', async () => {
  const { show } = await import('example:docs/plain-html.md/5')
  onTestFinished(show(flow))
  await button('Set up authenticator app').click()
  const { registration } = await flow.settled()
  await expect.element(page.getByRole('img', { name: 'QR code' })).toBeVisible()
  await page.getByLabelText('6-digit code').fill(codeOf(registration?.unseal().secret ?? ''))
  await expect.element(page.getByText('Authenticator app is on')).toBeVisible()
})

it('a cloaked element appears once it is bound, and what the page hides stays hidden', async () => {
  document.body.innerHTML = `<main hidden data-totp-cloak><h1>Security</h1>
    <section hidden>Another tab</section>
    <p hidden data-totp-cloak data-totp-show="on">On</p>
    <p hidden data-totp-cloak data-totp-show="loading none">Off</p></main>`
  const main = document.querySelector('main') as HTMLElement
  const seen = () => [...document.querySelectorAll('h1, section, p')].filter((one) => one.checkVisibility())
  expect(seen()).toEqual([])
  onTestFinished(bindTotpFlow(main, flow))
  expect(seen().map((one) => one.textContent)).toEqual(['Security', 'Off'])
  expect(document.querySelectorAll('[data-totp-cloak]')).toHaveLength(0)
})

it('a root that the page itself hides stays hidden when it is bound', () => {
  const root = document.body.appendChild(document.createElement('main'))
  root.hidden = true
  onTestFinished(bindTotpFlow(root, flow))
  expect(root.hidden).toBe(true)
})

it.each([
  ['theme.css', () => import('totp-flow/theme.css')],
  ['the rule of the guide', () => import('example:docs/plain-html.md/2')],
])('an element that no script has defined is hidden by %s', async (_by, load) => {
  await load()
  const unknown = document.body.appendChild(document.createElement('totp-flow'))
  unknown.textContent = 'Guarded'
  // It may be defined already, by another test of this page.
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
  const hides = rules.some(
    (rule) =>
      rule instanceof CSSStyleRule &&
      /totp-flow:not\(:defined\)/.test(rule.selectorText) &&
      rule.style.display === 'none',
  )
  expect(hides).toBe(true)
})

it('theme.css hides cloaked elements without another attribute', async () => {
  await import('totp-flow/theme.css')
  document.body.innerHTML = '<main data-totp-cloak>Security</main>'
  expect(document.querySelector('main')?.checkVisibility()).toBe(false)
  onTestFinished(bindTotpFlow(document.body, flow))
  expect(document.querySelector('main')?.checkVisibility()).toBe(true)
})

it('Vue passes the element its flow, with the guide’s component', async () => {
  const warn = vi.spyOn(console, 'warn')
  const { TotpCard } = await import('example:docs/plain-html.md/4')
  const app = createApp({ render: () => h(TotpCard, { flow }, () => h('p', 'Guarded')) })
  app.mount(document.body.appendChild(document.createElement('main')))
  onTestFinished(() => app.unmount())
  await expect.element(button('Set up authenticator app')).toBeVisible()
  expect(document.querySelector('totp-flow')?.flow).toBe(flow)
  await enroll(flow)
  await expect.element(page.getByText('Guarded')).toBeVisible()
  expect(warn.mock.calls.flat().join()).not.toContain('[Vue warn]')
})

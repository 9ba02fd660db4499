/** The examples of the pages, word for word, do what the pages say that they do: those that need a page. See guides.test.ts. */
import {
  createDynamicClient,
  signInWithExternalJwt,
  waitForClientInitialized,
} from '@dynamic-labs-sdk/client'
import { type ComponentType, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createInspector } from 'statescope'
import { createTotpFlow, type TotpFlow } from 'totp-flow'
import { httpBackend } from 'totp-flow/client'
import { memoryBackend } from 'totp-flow/memory'
import { DeviceCard, StepUpDialog, TotpEnrollment, TotpFlowProvider } from 'totp-flow/react'
import { createTotpServer, memoryStore } from 'totp-flow/server'
import { authenticator } from 'totp-flow/testing'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { page } from 'vitest/browser'
import { developmentIdentity } from '../src/server/identity/development-identity.ts'
import { codeOf, enroll, register } from './react/render-flow.tsx'

vi.mock(import('totp-flow'), { spy: true })
vi.mock(import('statescope'), { spy: true })

/** The service, in this page, where the examples look for it. */
function serve(environmentId: string) {
  const { identity, signIn } = developmentIdentity()
  const server = createTotpServer({
    store: memoryStore(),
    issuer: 'Example',
    environmentId,
    masterKey: btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)))),
    identity,
  })
  const fetch = vi.fn<typeof globalThis.fetch>(async (input, init) => server.fetch(new Request(input, init)))
  vi.stubGlobal('fetch', fetch)
  return { fetch, signIn, requireElevation: server.requireElevation }
}
const post = (body: unknown) => new Request('/', { method: 'POST', body: JSON.stringify(body) })

/** Signs an account in at the service of this page. */
async function tokenOf(account: string, signIn: (request: Request) => Promise<Response>): Promise<string> {
  const { jwt } = await (await signIn(post({ account }))).json()
  const signedIn = await fetch('/api/v0/sdk/default/externalAuth/signin', post({ jwt }))
  return (await signedIn.json()).minifiedJwt
}

/** As an app on Dynamic has it: its client is what the example finds. */
async function signedInOnDynamic(): Promise<void> {
  const environmentId = '2762a57b-faa4-41ce-9f16-abff9300e2c9'
  const { signIn } = serve(environmentId)
  const client = createDynamicClient({
    environmentId,
    metadata: { name: 'My app' },
    coreConfig: { apiBaseUrl: `${location.origin}/api/v0` },
    instrumentation: { enabled: false },
  })
  await waitForClientInitialized(client)
  const { jwt } = await (await signIn(post({ account: 'ann@example.com' }))).json()
  await signInWithExternalJwt({ externalJwt: jwt }, client)
}

let flow: TotpFlow
const own = () => {
  flow = createTotpFlow({ backend: memoryBackend() })
  return flow
}
/** The flow that the example made. */
function itsFlow(): TotpFlow {
  const made = vi.mocked(createTotpFlow).mock.results.at(-1)
  if (made?.type !== 'return' || made.value === flow) throw new Error('the example made no flow')
  flow?.stop()
  flow = made.value
  return flow
}

let unmount = () => {}
function show(ui: React.ReactNode): void {
  const root = createRoot(document.body.appendChild(document.createElement('main')))
  root.render(ui)
  unmount = () => root.unmount()
}
const over = (given: TotpFlow, Part: ComponentType) =>
  show(
    <TotpFlowProvider flow={given}>
      <Part />
    </TotpFlowProvider>,
  )

beforeEach(() => {
  localStorage.clear()
  sessionStorage.clear()
  document.body.replaceChildren()
})
afterEach(() => {
  unmount()
  flow?.stop()
  for (const { value } of vi.mocked(createInspector).mock.results) value.stop()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const button = (name: string) => page.getByRole('button', { name, exact: true })
const codeField = () => page.getByRole('textbox', { name: '6-digit code' })
const sees = (text: string) => expect.element(page.getByText(text, { exact: true })).toBeVisible()
const isDrawn = (element: Element | null | undefined) =>
  expect.poll(() => element?.shadowRoot?.querySelectorAll('[data-state]').length).toBeGreaterThan(0)

/** Clicks, scans and types as it is done in both components of docs/migrating.md. */
async function setUpByLink(): Promise<void> {
  await button('Set up authenticator app').click()
  const link = page.getByRole('link', { name: 'Open the authenticator app' })
  await expect.element(link).toBeVisible()
  await page.getByRole('textbox').fill(authenticator(link.element().getAttribute('href') ?? '').code())
  await button('Verify').click()
  await sees('Authenticator app is on')
}

it('migrating: the component full of flags sets up, on Dynamic’s SDK', async () => {
  await signedInOnDynamic()
  const { Before } = await import('example:docs/migrating.md/5')
  show(<Before />)
  await setUpByLink()
})

it('migrating: so does the one on the machine, which survives and can be cancelled', async () => {
  await signedInOnDynamic()
  const { After } = await import('example:docs/migrating.md/6')
  show(<After />)
  await expect.element(button('Set up authenticator app')).toBeEnabled()
  await button('Set up authenticator app').click()
  const { registration } = await itsFlow().settled()
  expect(sessionStorage.mfa).toContain('"enroll"')
  expect(sessionStorage.mfa).not.toContain(registration?.unseal().secret ?? '')
  await button('Cancel').click()
  await setUpByLink()
})

it('embedding: the components show the chart in a machine of the app, while it is there', async () => {
  const { settings, backend } = await import('example:docs/embedding.md/1')
  const { SecurityPage } = await import('example:docs/embedding.md/2')
  show(
    <StrictMode>
      <SecurityPage settings={settings} backend={backend} />
    </StrictMode>,
  )
  settings.send({ type: 'security.open' })
  await button('Set up authenticator app').click()
  await expect.element(codeField()).toBeVisible()
  settings.send({ type: 'profile.open' })
  await expect.element(codeField()).not.toBeInTheDocument()
})

it('embedding: a story shows the state that it names', async () => {
  const { Throttled } = await import('example:docs/embedding.md/10')
  show(<Throttled />)
  await expect.element(page.getByText('30 seconds left.')).toBeVisible()
})

it('inspector: a viewer in the page shows what a flow does', async () => {
  const viewer = document.body.appendChild(document.createElement('state-inspector'))
  await import('example:docs/inspector.md/2')
  const made = vi.mocked(createInspector).mock.results.at(-1)
  flow = createTotpFlow({
    backend: memoryBackend(),
    ...(made?.type === 'return' && { inspect: made.value.inspect }),
  })
  await flow.settled()
  flow.register()
  await expect.poll(() => viewer.shadowRoot?.textContent).toContain('device.register')
})

it('inspector: the chart of a machine is a component', async () => {
  const { Chart } = await import('example:docs/inspector.md/3')
  show(<Chart />)
  await expect.poll(() => document.querySelector('state-chart')).not.toBeNull()
  const chart = document.querySelector('state-chart')
  await isDrawn(chart)
  expect(chart?.getBoundingClientRect().height).toBe(600)
})

it('inspector: the chart of an actor is an element, and follows it', async () => {
  await import('example:docs/inspector.md/4')
  const chart = document.querySelector('state-chart')
  await isDrawn(chart)
  await itsFlow().settled()
  flow.register()
  await expect
    .poll(() => chart?.shadowRoot?.querySelector('[role=status]')?.textContent)
    .toContain('awaitingCode')
})

it('inspector: Stately’s viewer is opened, and told once it is there', async () => {
  const told: unknown[] = []
  const { contentWindow } = document.body.appendChild(document.createElement('iframe'))
  contentWindow?.addEventListener('message', ({ data }) => told.push(data))
  const opened = vi.spyOn(window, 'open').mockReturnValue(contentWindow)
  await import('example:docs/inspector.md/5')
  expect(opened.mock.calls[0]?.[0]).toBe('https://stately.ai/inspect')
  const made = vi.mocked(createInspector).mock.results.at(-1)
  flow = createTotpFlow({
    backend: memoryBackend(),
    ...(made?.type === 'return' && { inspect: made.value.inspect }),
  })
  window.postMessage({ type: '@statelyai.connected' })
  await expect.poll(() => JSON.stringify(told)).toContain('@xstate.actor')
})

it('own screens: a button follows a flow until it is told not to', async () => {
  const { follow } = await import('example:docs/own-screens.md/2')
  const element = document.body.appendChild(document.createElement('button'))
  const end = follow(own(), element)
  expect(element.disabled).toBe(true)
  await flow.settled()
  expect(element.disabled).toBe(false)
  element.click()
  expect(element.disabled).toBe(true)
  await flow.settled()
  expect(element.title).toBe('awaitingCode ready')
  end()
  flow.cancel()
  await flow.settled()
  expect(element.title).toBe('awaitingCode ready')
})

it('React: hooks show what is, and do what is next', async () => {
  const { Status } = await import('example:docs/react.md/2')
  over(own(), Status)
  await flow.settled()
  await button('Set up').click()
  const { registration } = await flow.settled()
  flow.submitCode(codeOf(registration?.unseal().secret ?? ''))
  await button('Remove').click()
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
})

it('React: a flow begins with a session, and ends with it', async () => {
  const { fetch, signIn } = serve('default')
  vi.stubGlobal('session', { token: await tokenOf('ann', signIn) })
  const { signOut } = await import('example:docs/react.md/1')
  const itself = itsFlow()
  await itself.settled()
  const [input] = fetch.mock.lastCall ?? []
  expect(String(input)).toContain('/api/v0/sdk/default/users/mfa')
  signOut()
  expect(itself.actor.getSnapshot().status).toBe('stopped')
})

it('React: the guard of the server lets the action through, once a code is given', async () => {
  const { requireElevation, signIn, fetch } = serve('default')
  const exported: string[] = []
  const exportKey = requireElevation('wallet:export')((_request, { userId }) => {
    exported.push(userId)
    return new Response()
  })
  const answer = fetch.getMockImplementation() ?? globalThis.fetch
  fetch.mockImplementation(async (input, init) =>
    input === '/export' ? exportKey(new Request(input, init)) : answer(input, init),
  )
  const session = { token: await tokenOf('ann', signIn) }
  vi.stubGlobal('session', session)
  const baseUrl = `${location.origin}/api/v0`
  flow = createTotpFlow({
    backend: httpBackend({ baseUrl, environmentId: 'default', getAccessToken: () => session.token }),
  })
  const { ExportKey } = await import('example:docs/react.md/3')
  show(
    <TotpFlowProvider flow={flow}>
      <DeviceCard>
        <ExportKey />
      </DeviceCard>
      <StepUpDialog />
    </TotpFlowProvider>,
  )
  const secret = await enroll(flow)
  await button('Export private key').click()
  await codeField().fill(codeOf(secret, 1))
  await expect.poll(() => exported).toEqual(['ann'])
})

it('inspector: the chart next to a flow follows it', async () => {
  const { Live } = await import('example:docs/inspector.md/3')
  show(<Live flow={own()} />)
  await register(flow)
  await expect
    .poll(
      () => document.querySelector('state-chart')?.shadowRoot?.querySelector('[role=status]')?.textContent,
    )
    .toContain('awaitingCode')
})

it('words: the card speaks German', async () => {
  const { Konto } = await import('example:docs/words.md/1')
  show(<Konto flow={own()} />)
  await expect.element(button('Authenticator-App einrichten')).toBeVisible()
})

it('theming: a design of one’s own is built on the parts, and verifies', async () => {
  const { Code } = await import('example:docs/theming.md/3')
  const secret = await register(own())
  over(flow, Code)
  await codeField().fill(codeOf(secret))
  await flow.waitFor(({ state }) => state === 'elevated')
  expect(document.querySelector('.my-form button.my-button')).not.toBeNull()
})

it('theming: properties of an ancestor reach into the element', async () => {
  document.body.innerHTML = '<div class="account" style="color-scheme: light"><totp-flow></totp-flow></div>'
  await import('totp-flow/element')
  await import('example:docs/theming.md/1')
  const element = document.querySelector('totp-flow')
  if (element) element.flow = own()
  await expect.element(button('Set up authenticator app')).toBeEnabled()
  const look = () => {
    const style = getComputedStyle(button('Set up authenticator app').element())
    return [style.backgroundColor, style.color, style.borderRadius]
  }
  await expect.poll(look).toEqual(['rgb(122, 46, 142)', 'rgb(255, 255, 255)', '0px'])
})

it('theming: a part has one name, in React and in the element', async () => {
  await import('example:docs/theming.md/2')
  document.body.id = 'account'
  onTestFinished(() => document.body.removeAttribute('id'))
  await import('totp-flow/element')
  const element = document.body.appendChild(document.createElement('totp-flow'))
  element.flow = own()
  await register(flow)
  over(flow, TotpEnrollment)
  await expect.element(button('Verify').nth(1)).toBeVisible()
  for (const one of button('Verify').elements()) expect(getComputedStyle(one).textTransform).toBe('uppercase')
})

import { createRoot } from 'react-dom/client'
import { createTotpFlow, type Gate, type TotpBackend, type TotpFlow, TotpFlowError } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { SecondFactorGate, StepUpDialog, TotpFlowProvider } from 'totp-flow/react'
import { authenticator } from 'totp-flow/testing'
import 'totp-flow/element/gate'
import 'totp-flow/theme.css'
import { bindTotpFlow, createGate } from 'totp-flow/vanilla'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { page } from 'vitest/browser'
import { button, register, saveCodes } from '../react/render-flow.tsx'
import { listen } from './spoken.ts'

type Face = [name: string, show: (flow: TotpFlow) => () => void]

const HTML = `
  <main>
    <div data-totp-show="gate-loading">Loading</div>
    <div data-totp-show="gate-unavailable gate-code gate-enrollment">
      <p data-totp-show="gate-enrollment" data-totp-words="gate.enroll"></p>
      <button data-totp-do="register" data-totp-show="none" data-totp-words="device.setUp"></button>
      <form data-totp-do="submit-code" data-totp-show="enrolling challenge" aria-labelledby="title">
        <h2 id="title" data-totp-text="title"></h2>
        <div data-totp-show="picture"><span role="group" aria-label="Setup key" data-totp-list="setup-key"></span></div>
        <label for="code" data-totp-text="label"></label>
        <input id="code" name="code" autofocus aria-errormessage="error">
        <button data-totp-words="code.verify"></button>
        <button type="button" data-totp-do="cancel" data-totp-show="cancelable" data-totp-words="code.cancel"></button>
      </form>
      <div data-totp-show="recovery-codes">
        <ol data-totp-list="recovery-codes"></ol>
        <button data-totp-do="copy-codes" data-totp-text="copy-codes"></button>
        <button data-totp-do="acknowledge" data-totp-words="recovery.keep"></button>
      </div>
      <p id="error" role="alert" data-totp-text="error"></p>
      <p role="status" data-totp-text="announcement"></p>
      <button data-totp-show="gate-unavailable" data-totp-do="refresh" data-totp-words="device.retry"></button>
    </div>
    <button data-totp-show="gate-loading gate-unavailable gate-code gate-enrollment">Sign out</button>
    <div data-totp-show="gate-open">
      <p data-totp-show="enrollment-due" data-totp-text="enroll-by"></p>
      <button data-totp-show="enrollment-due" data-totp-do="enroll-at-gate" data-totp-words="device.setUp"></button>
      <h1>The app</h1>
    </div>
  </main>`

const faces: Face[] = [
  [
    'SecondFactorGate',
    (flow) => {
      const container = document.createElement('main')
      document.body.replaceChildren(container)
      const root = createRoot(container)
      root.render(
        <TotpFlowProvider flow={flow}>
          <SecondFactorGate footer={<button type="button">Sign out</button>}>
            <h1>The app</h1>
            <StepUpDialog />
          </SecondFactorGate>
        </TotpFlowProvider>,
      )
      return () => root.unmount()
    },
  ],
  [
    '<totp-gate>',
    (flow) => {
      const element = document.createElement('totp-gate')
      element.innerHTML = '<h1>The app</h1><button type="button" slot="footer">Sign out</button>'
      element.flow = flow
      document.body.replaceChildren(element)
      return () => element.remove()
    },
  ],
  [
    'a page bound with a gate',
    (flow) => {
      const root = document.createElement('div')
      root.innerHTML = HTML
      document.body.replaceChildren(root)
      return bindTotpFlow(root, flow, { gate: createGate(flow) })
    },
  ],
]

const app = page.getByRole('heading', { name: 'The app' })
const field = page.getByRole('textbox', { name: '6-digit code' })
/** A clock that does not keep anybody waiting for the next code. */
let ahead = 0
const clock = {
  now: () => Date.now() + ahead,
  waitUntil: async (at: number) => {
    ahead += Math.max(at - clock.now(), 0)
  },
}
const DUE = Date.UTC(2100, 0, 31)

/** A service that lets nobody on without a second factor, and where its user stands. */
function gated(of: { grace?: number; state?: Gate['state'] | null } = {}) {
  const backend = memoryBackend({ clock: clock.now })
  const { grace } = of
  let isVerified = false
  let hasDevice = false
  const service: TotpBackend = {
    ...backend,
    async getMfaDevices(options) {
      const devices = await backend.getMfaDevices(options)
      hasDevice = devices.some(({ verified }) => verified)
      return devices
    },
    getGate: (): Gate | null => {
      if (of.state !== undefined) return of.state && { state: of.state }
      if (hasDevice) return { state: isVerified ? 'open' : 'codeOwed' }
      return { state: 'enrollmentOwed', ...(grace !== undefined && { enrollBy: grace }) }
    },
    async authenticateTotpMfaDevice(params, options) {
      const won = await backend.authenticateTotpMfaDevice(params, options)
      isVerified = true
      return won
    },
  }
  return {
    service,
    signInAgain: () => {
      isVerified = false
    },
  }
}

/** Somebody who set up an app at an earlier sign-in. */
async function enrolledBefore() {
  const { service, signInAgain } = gated()
  const { id, secret } = await service.registerTotpMfaDevice()
  const phone = authenticator(secret, { clock })
  await service.authenticateTotpMfaDevice({ code: phone.code(), deviceId: id })
  signInAgain()
  return { service, phone, signInAgain }
}

describe.each(faces)('%s', (_name, show) => {
  function start(backend: TotpBackend): TotpFlow {
    const flow = createTotpFlow({ backend })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    return flow
  }
  const isShut = async (until: ReturnType<typeof page.getByRole>) => {
    await expect.element(until).toBeVisible()
    await expect.element(app).not.toBeInTheDocument()
  }

  it('the app is shown at once if the backend has no gate', async () => {
    start(memoryBackend())
    await expect.element(app).toBeVisible()
  })

  it('an open gate with nothing to announce leaves no region around the app or above it', async () => {
    for (const backend of [memoryBackend(), gated({ state: 'open' }).service]) {
      start(backend)
      await expect.element(app).toBeVisible()
      await expect.element(page.getByRole('region')).not.toBeInTheDocument()
    }
  })

  it('nothing of the app is shown before the backend has answered', async () => {
    const { service } = gated({ state: 'open' })
    const answer = Promise.withResolvers<void>()
    start({
      ...service,
      getMfaDevices: async (options) => {
        await answer.promise
        return service.getMfaDevices(options)
      },
    })
    await expect.element(button('Sign out')).toBeVisible()
    expect(app.elements().filter((one) => one.checkVisibility())).toEqual([])
    answer.resolve()
    await expect.element(app).toBeVisible()
    await expect.element(button('Sign out')).not.toBeInTheDocument()
  })

  it('the gate prompts for the owed code, without a cancel button of its own, and opens the app', async () => {
    const { service, phone } = await enrolledBefore()
    start(service)
    await isShut(field)
    await expect.element(page.getByText('Confirm it’s you')).toBeVisible()
    expect(
      button('Cancel')
        .elements()
        .filter((one) => one.checkVisibility()),
    ).toEqual([])
    await expect.element(button('Sign out')).toBeVisible()
    await field.fill('000000')
    await expect.element(page.getByText(/didn’t match/).first()).toBeVisible()
    await field.fill(await phone.nextUnused())
    await expect.element(app).toBeVisible()
    await expect.element(field).not.toBeInTheDocument()
  })

  it('the gate prompts again if its code is canceled anyway', async () => {
    const { service } = await enrolledBefore()
    const flow = start(service)
    await isShut(field)
    flow.cancel()
    await expect.poll(() => flow.getView().showsCodeField).toBe(true)
    await isShut(field)
  })

  it('a user who owes an enrollment sets up an app, saves the recovery codes, and sees the app', async () => {
    start(gated().service)
    await isShut(page.getByText('Set up an authenticator app to continue.'))
    await button('Set up authenticator app').click()
    await expect.element(field).toBeVisible()
    await button('Cancel').click()
    await isShut(button('Set up authenticator app'))
    await button('Set up authenticator app').click()
    await expect.element(field).toBeVisible()
    const key = page.getByRole('group', { name: 'Setup key' }).element().textContent ?? ''
    await field.fill(authenticator(key, { clock }).code())
    await expect.element(button('I have saved these codes')).toBeVisible()
    await expect.element(app).not.toBeInTheDocument()
    await saveCodes()
    await expect.element(app).toBeVisible()
  })

  it('events at a gate are announced', async () => {
    const flow = start(gated().service)
    await isShut(button('Set up authenticator app'))
    const spoken = listen()
    flow.submitCode(authenticator(await register(flow), { clock }).code())
    await expect.poll(() => spoken).toContain('Authenticator app enabled.')
  })

  it('an enrollment that may be postponed is announced above the app, and replaces it once started', async () => {
    start(gated({ grace: DUE }).service)
    await expect.element(app).toBeVisible()
    await expect.element(page.getByText(/^Set up an authenticator app by .*2100/)).toBeVisible()
    await button('Set up authenticator app').click()
    await isShut(field)
    await button('Cancel').click()
    await expect.element(app).toBeVisible()
    await button('Set up authenticator app').click()
    await expect.element(field).toBeVisible()
    const key = page.getByRole('group', { name: 'Setup key' }).element().textContent ?? ''
    await field.fill(authenticator(key, { clock }).code())
    await expect.element(button('I have saved these codes')).toBeVisible()
    await saveCodes()
    await expect.element(app).toBeVisible()
    expect(
      page
        .getByText(/^Set up an authenticator app/)
        .elements()
        .filter((one) => one.checkVisibility()),
    ).toEqual([])
  })

  it('the gate shuts when the grace period ends', async () => {
    start(gated({ grace: Date.now() - 1 }).service)
    await isShut(page.getByText('Set up an authenticator app to continue.'))
  })

  it('a backend that cannot be reached leaves the app shut, with the reason and a way to try again', async () => {
    const { service } = gated({ state: 'open' })
    let isDown = true
    start({
      ...service,
      getMfaDevices: async (options) => {
        if (isDown) throw new TotpFlowError('network')
        return service.getMfaDevices(options)
      },
    })
    await isShut(page.getByRole('alert').filter({ hasText: 'couldn’t reach the server' }))
    isDown = false
    await button('Try again').click()
    await expect.element(app).toBeVisible()
  })

  it('the gate shows the error of a failed prompt before it prompts again', async () => {
    const { service, phone } = await enrolledBefore()
    let isLocked = true
    start({
      ...service,
      async authenticateTotpMfaDevice(params, options) {
        if (isLocked) throw new TotpFlowError('scope_not_allowed')
        return service.authenticateTotpMfaDevice(params, options)
      },
    })
    await expect.element(field).toBeVisible()
    await field.fill(await phone.nextUnused())
    await expect.element(button('Try again')).toBeVisible()
    await expect.element(app).not.toBeInTheDocument()
    isLocked = false
    await button('Try again').click()
    await field.fill(await phone.nextUnused())
    await expect.element(app).toBeVisible()
  })

  it('a reload during the gate’s prompt prompts again', async () => {
    const { service, phone } = await enrolledBefore()
    const before = createTotpFlow({ backend: service })
    const stop = createGate(before).subscribe(() => {})
    await vi.waitFor(() => expect(before.getView().showsCodeField).toBe(true))
    const stored = JSON.parse(JSON.stringify(before.persist()))
    stop()
    before.stop()
    const flow = createTotpFlow({ backend: service, restore: stored })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    await isShut(field)
    await field.fill(await phone.nextUnused())
    await expect.element(app).toBeVisible()
  })

  it('a sign-out shuts the app', async () => {
    const { service } = gated({ state: 'open' })
    const flow = start(service)
    await expect.element(app).toBeVisible()
    flow.signOut()
    await isShut(button('Sign out'))
  })
})

it('the guides’ pages show the app once the code is accepted', async () => {
  const { guard } = await import('example:docs/plain-html.md/6')
  const { Guarded } = await import('example:docs/signed-in-apps.md/8')
  const signOut = vi.fn()
  for (const show of [
    (flow: TotpFlow) => guard(flow, signOut),
    (flow: TotpFlow) => {
      const root = createRoot(document.body.appendChild(document.createElement('main')))
      onTestFinished(() => root.unmount())
      root.render(<Guarded flow={flow} app={<h1>Your account</h1>} signOut={signOut} />)
    },
  ]) {
    const { service, phone } = await enrolledBefore()
    const flow = createTotpFlow({ backend: service })
    document.body.replaceChildren()
    show(flow)
    await expect.element(field).toBeVisible()
    await button('Sign out').click()
    expect(signOut).toHaveBeenCalledOnce()
    signOut.mockReset()
    await field.fill(await phone.nextUnused())
    await expect.element(page.getByRole('heading', { name: 'Your account' })).toBeVisible()
    flow.stop()
  }
})

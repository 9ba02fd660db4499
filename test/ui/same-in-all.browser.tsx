import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import {
  createTotpFlow,
  type TotpBackend,
  type TotpFlow,
  TotpFlowError,
  type TotpFlowOptions,
} from 'totp-flow'
import 'totp-flow/element/passkeys'
import 'totp-flow/element/password'
import { memoryBackend } from 'totp-flow/memory'
import { en } from 'totp-flow/messages'
import { DeviceCard, StepUpDialog, TotpFlowProvider } from 'totp-flow/react'
import { PasskeyPrompt } from 'totp-flow/react/passkeys'
import { PasswordForm } from 'totp-flow/react/password'
import { authenticator } from 'totp-flow/testing'
import 'totp-flow/theme.css'
import { bindTotpFlow } from 'totp-flow/vanilla'
import { afterAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { AnyStateNode } from 'xstate'
import { totpMachine } from '../../machines/totp.machine.ts'
import { template } from '../../src/vanilla/template.ts'
import { prooflessService } from '../support/password-service.ts'
import { type Translation, translate, translations, untranslated } from './translate.ts'

type Root = HTMLElement | ShadowRoot

/** What the browser does to the page meanwhile. */
let translation: Translation | null = null

/** One flow, shown by all three faces at once. */
function start(methods: Partial<TotpBackend> = {}, options: Partial<TotpFlowOptions> = {}) {
  const flow = createTotpFlow({ backend: { ...memoryBackend(), ...methods }, tabs: false, ...options })
  // One flow opens one dialog, and here each face is to show its own: to each its own object.
  const own = () => ({ ...flow, subscribe: (listener: () => void) => flow.subscribe(listener) })
  const react = document.createElement('main')
  const element = document.createElement('totp-flow')
  const bound = document.createElement('main')
  document.body.replaceChildren(react, element, bound)
  const root = createRoot(react)
  flushSync(() =>
    root.render(
      <TotpFlowProvider flow={own()} passwordForm={PasswordForm} passkeyPrompt={PasskeyPrompt}>
        <DeviceCard />
        <StepUpDialog />
      </TotpFlowProvider>,
    ),
  )
  element.flow = own()
  bound.append(template())
  const unbind = bindTotpFlow(bound, own())
  onTestFinished(() => {
    root.unmount()
    unbind()
    element.remove()
    flow.stop()
  })
  const roots = [react, element.shadowRoot ?? element, bound] as const
  for (const one of roots) if (translation) onTestFinished(translate(one, translation))

  /** All three say and enable the same, and `words` are among it. */
  async function allSay(words: string) {
    const { state, detail } = flow.getView()
    seen.add(detail === null ? state : `${state}.${detail}`)
    await expect.poll(() => saidBy(react).words).toContain(words)
    await vi.waitUntil(() => roots.every((one) => isSame(saidBy(one), saidBy(react))), 10_000).catch(() => {})
    expect(saidBy(roots[1]), '<totp-flow> says what React says').toEqual(saidBy(react))
    expect(saidBy(roots[2]), 'a bound page says what React says').toEqual(saidBy(react))
  }
  const inEach = (selector: string, act: (found: HTMLElement) => void) => {
    for (const one of roots) act(visible(one, selector)[0] as HTMLElement)
  }
  const press = (part: string) => inEach(`[part~=${part}]`, (button) => button.click())
  const type = (text: string) =>
    inEach('input', (field) => {
      const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set
      set?.call(field, text) // past React, which else takes it for its own writing
      field.dispatchEvent(new InputEvent('input', { bubbles: true }))
    })
  return { flow, allSay, press, type }
}

const visible = (root: Root, selector: string) =>
  [...root.querySelectorAll<HTMLElement>(selector)].filter((one) => one.checkVisibility())

/** What stands on the screen, from top to bottom. */
function saidBy(root: Root) {
  const words = visible(root, 'p, h2, li, label, a, button, [part~=key], [part~=key-label]').map((one) =>
    textOf(one).trim(),
  )
  const buttons = visible(root, 'button').map((one) => {
    const isEnabled = !one.matches(':disabled, [aria-disabled=true]')
    return `${textOf(one)}${isEnabled ? '' : ', disabled'}${one.ariaBusy === 'true' ? ', busy' : ''}`
  })
  const fields = visible(root, 'input').map((one) => {
    const { value, readOnly, ariaInvalid, pattern } = one as HTMLInputElement
    return { value, readOnly, ariaInvalid, pattern }
  })
  const steps = visible(root, '[aria-current=step], [part~=done]').map(textOf)
  const drawings = visible(root, 'svg').map((svg) =>
    [...svg.querySelectorAll('path')].map((path) => path.getAttribute('d')),
  )
  return { words: words.filter(Boolean), buttons, fields, steps, drawings }
}
const textOf = (node: Node): string =>
  node instanceof HTMLElement && !node.checkVisibility()
    ? ''
    : node instanceof Text
      ? untranslated(node.data)
      : [...node.childNodes].map(textOf).join('')
const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

/** Answers by what it is told to; as `real` does where it is told nothing. */
function answering<Call extends (...given: never[]) => Promise<unknown>>(real: Call) {
  let next: (() => Promise<never>) | null = null
  const call = (...given: Parameters<Call>) => (next ? next() : real(...given)) as ReturnType<Call>
  return {
    call,
    fails: (code: 'network' | 'invalid_code' | 'rate_limited', retryAt?: number) => {
      const error = new TotpFlowError(code, retryAt === undefined ? {} : { retryAt })
      next = () => Promise.reject(error)
    },
    hangs: () => {
      next = () => new Promise(() => {})
    },
    answers: () => {
      next = null
    },
  }
}

async function enroll(flow: TotpFlow) {
  flow.register()
  const { registration } = await flow.waitFor((view) => view.registration !== null)
  flow.submitCode(authenticator(registration?.unseal().secret ?? '').code())
  await flow.waitFor(({ device }) => device?.verified === true)
  await flow.acknowledgeRecoveryCodes()
}

const seen = new Set<string>()
const placesIn = (node: AnyStateNode): string[] => {
  const inner = Object.values(node.states)
  return inner.length > 0 ? inner.flatMap(placesIn) : [node.path.join('.')]
}
afterAll(() => {
  expect([...seen].sort()).toEqual(placesIn(totpMachine.root).sort())
})

describe.each([null, ...translations])('with a translation that %s', (how) => {
  const when = how ? ` while a browser’s translation ${how},` : ''
  beforeEach(() => {
    translation = how
  })

  it(`React, <totp-flow> and a bound page say and enable the same${when} of a passkey`, async () => {
    const real = memoryBackend({ passkeys: {} })
    const authenticate = answering(
      real.authenticatePasskeyMFA as NonNullable<TotpBackend['authenticatePasskeyMFA']>,
    )
    const { flow, allSay, press } = start({ ...real, authenticatePasskeyMFA: authenticate.call })
    await real.registerPasskey?.({ alias: 'My laptop' })
    flow.refresh()
    await flow.waitFor(({ passkeys }) => passkeys.length > 0)
    flow.stepUp(['wallet:export'])
    await allSay('Confirm with your passkey to continue.')
    expect(flow.getView().detail).toBe('passkey')
    authenticate.hangs()
    press('use-passkey')
    await allSay('Follow the steps that your browser shows.')
    flow.cancel()
    await flow.waitFor(({ detail }) => detail === 'ready')

    await enroll(flow)
    flow.release()
    flow.stepUp(['wallet:export'])
    await allSay('or')
    press('use-passkey')
    await allSay('Follow the steps that your browser shows.')
    flow.cancel()
    flow.stepUp(['wallet:export'])
    authenticate.fails('invalid_code')
    press('use-passkey')
    await allSay('That code didn’t match. Wait for the next one and try again.')
  })

  it(`React, <totp-flow> and a bound page say and enable the same${when} of a password`, async () => {
    const check = answering(async () => Promise.reject(new TotpFlowError('invalid_password')))
    const { flow, allSay, press } = start({
      proofs: { register: 'password' },
      registerTotpMfaDevice: check.call,
    })
    await allSay(en.device.setUp)
    flow.register()
    await allSay(en.password.hint)
    press('submit')
    await allSay(en.password.empty)
    flow.submitPassword('wrong')
    await allSay(en.errors.invalid_password)
    check.hangs()
    flow.submitPassword('right')
    await allSay(en.password.hint)
    flow.cancel()
    await allSay(en.device.setUp)
  })

  it(`React, <totp-flow> and a bound page say and enable the same${when} of a removal to confirm`, async () => {
    const { flow, allSay } = start(prooflessService())
    await allSay(en.device.on)
    flow.deleteDevice({ confirm: true })
    await allSay(en.challenge.purposes['credential:unlink'] ?? '')
    flow.cancel()
    await allSay(en.device.on)
  })

  it(`React, <totp-flow> and a bound page say and enable the same${when} before an app is set up`, async () => {
    const devices = answering(memoryBackend().getMfaDevices)
    devices.hangs()
    const { flow, allSay } = start({ getMfaDevices: devices.call })
    await allSay('Loading')
    flow.signOut()
    await allSay('You are signed out. Sign in again to continue.')
    devices.fails('network')
    flow.refresh()
    await flow.settled()
    await allSay('Try again')
    devices.answers()
    flow.refresh()
    await flow.settled()
    await allSay('Set up authenticator app')
    flow.deleteDevice()
    await allSay('There is no authenticator app to use. Set one up first.')
  })

  it(`React, <totp-flow> and a bound page say and enable the same${when} while an app is set up`, async () => {
    const real = memoryBackend()
    const registering = answering(real.registerTotpMfaDevice)
    const checking = answering(real.authenticateTotpMfaDevice)
    const { flow, allSay, type, press } = start({
      ...real,
      registerTotpMfaDevice: registering.call,
      authenticateTotpMfaDevice: checking.call,
    })
    await flow.settled()
    registering.hangs()
    flow.register()
    await allSay('No authenticator app yet')
    flow.cancel()
    registering.answers()
    await flow.settled()
    flow.register()
    await flow.settled()
    await allSay('Setup key')
    type('12')
    await allSay(`${en.code.note} ${en.code.automatic}`)
    checking.hangs()
    type('123456')
    flow.submitCode('123456')
    await allSay('Verify')
    flow.cancel()
    await flow.settled()
    checking.fails('network')
    flow.register()
    await flow.settled()
    flow.submitCode('123456')
    await flow.settled()
    await allSay('We couldn’t reach the server. Check your connection and try again.')
    checking.fails('invalid_code')
    flow.submitCode('654321')
    await flow.settled()
    await allSay('That code didn’t match. Wait for the next one and try again.')
    flow.submitCode('654322')
    await flow.settled()
    await allSay(en.code.help)
    checking.answers()
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new DOMException('no', 'NotAllowedError'))
    press('copy')
    await allSay('The key is selected: copy it from here.')
    vi.restoreAllMocks()
    checking.fails('rate_limited', Date.now() + 600_000)
    flow.submitCode('111111')
    await flow.settled()
    await allSay('10 minutes left.')
  })

  it(`React, <totp-flow> and a bound page say and enable the same${when} after a reload in an enrollment`, async () => {
    const backend = memoryBackend()
    const before = createTotpFlow({ backend })
    await before.settled()
    before.register()
    await before.settled()
    const restore = before.persist()
    before.stop()
    const { allSay } = start(backend, { restore })
    await allSay('start over')
  })

  it(`React, <totp-flow> and a bound page say and enable the same${when} while an app is on`, async () => {
    const real = memoryBackend()
    const keeping = answering(real.acknowledgeRecoveryCodes ?? (async () => {}))
    const checking = answering(real.authenticateTotpMfaDevice)
    const removing = answering(real.deleteMfaDevice)
    const { flow, allSay, press, type } = start({
      ...real,
      acknowledgeRecoveryCodes: keeping.call,
      authenticateTotpMfaDevice: checking.call,
      deleteMfaDevice: removing.call,
    })
    await flow.settled()
    flow.register()
    const { registration } = await flow.settled()
    const phone = authenticator(registration?.unseal().secret ?? '')
    flow.submitCode(phone.code())
    await flow.settled()
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new DOMException('no', 'NotAllowedError'))
    await allSay('Save your recovery codes')
    await allSay('Copy, download or print the codes first.')
    press('copy')
    await allSay('The codes are selected: copy them from here.')
    keeping.fails('network')
    press('keep')
    await allSay('We couldn’t reach the server. Check your connection and try again.')
    flow.register()
    await allSay('An authenticator app is already set up. Remove it before adding another.')
    press('keep')
    await allSay('We couldn’t reach the server. Check your connection and try again.')
    await allSay('An authenticator app is already set up. Remove it before adding another.')
    keeping.hangs()
    press('keep')
    await allSay('I have saved these codes')
    flow.actor.send({ type: 'recoveryCodes.acknowledge' })
    await allSay('Recovery codes left: 10')

    flow.stepUp(['wallet:export'])
    await allSay('You are about to export your private key.')
    press('switch-method')
    await allSay('Enter one of the recovery codes that you saved.')
    type('123456')
    press('submit')
    await flow.settled()
    await allSay('Those six digits are from an authenticator app. Enter one of your recovery codes.')
    press('switch-method')
    await allSay('Enter the 6-digit code from your authenticator app to continue.')
    checking.hangs()
    flow.submitCode('000000')
    await allSay('Use a recovery code instead')
    flow.cancel()
    await flow.settled()

    flow.stepUp(['wallet:export'], { reason: 'Send €100 to <b>Bob</b>' })
    await allSay('Send €100 to <b>Bob</b>')
    flow.cancel()
    await flow.settled()

    checking.answers()
    flow.deleteDevice()
    await allSay('Enter the 6-digit code from the app that you are about to remove.')
    removing.hangs()
    flow.submitCode(phone.code(1))
    await flow.waitFor(({ state }) => state === 'deleting')
    await allSay('Authenticator app is on')
  })
})

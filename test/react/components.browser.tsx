import { type ReactElement, type SyntheticEvent, useEffect, useRef } from 'react'
import { flushSync } from 'react-dom'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { createTotpFlow, TotpFlowError } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { ar, en } from 'totp-flow/messages'
import {
  DeviceCard,
  StepUpDialog,
  TotpChallenge,
  TotpEnrollment,
  TotpFlowProvider,
  useTotpFlow,
} from 'totp-flow/react'
import * as Totp from 'totp-flow/react/parts'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import {
  button,
  codeField,
  codeOf,
  enroll,
  type Rendered,
  register,
  renderFlow,
  saveCodes,
} from './render-flow.tsx'

let ui: Rendered
afterEach(() => {
  ui?.unmount()
  vi.restoreAllMocks()
})

const Card = () => (
  <>
    <DeviceCard />
    <StepUpDialog />
  </>
)
const alert = (words: RegExp) =>
  expect.element(page.getByRole('alert').filter({ hasText: words })).toBeVisible()
const wrong = async (secret: string) => {
  const near = [-1, 0, 1].map((steps) => codeOf(secret, steps))
  return ['111111', '222222', '333333', '444444'].find((code) => !near.includes(code)) ?? ''
}

describe('an enrollment', () => {
  it('an enrollment leads from the button to the recovery codes, under StrictMode, with one registration and no warning', async () => {
    const complaints = vi.spyOn(console, 'error')
    let registrations = 0
    ui = renderFlow(<TotpEnrollment />, {
      backend: (real) => ({
        registerTotpMfaDevice(options) {
          registrations += 1
          return real.registerTotpMfaDevice(options)
        },
      }),
    })
    await button('Set up authenticator app').dblClick()
    await expect.element(page.getByRole('img', { name: 'QR code' })).toBeVisible()
    const qrCode = page.getByRole('img', { name: 'QR code' }).element()
    const fills = [...qrCode.querySelectorAll('path')].map((path) => getComputedStyle(path).fill)
    expect(fills).toEqual(['rgb(255, 255, 255)', 'rgb(0, 0, 0)']) // whatever the page looks like
    const secret = page.getByLabelText('Setup key').element().textContent ?? ''
    await codeField().fill(codeOf(secret))
    await expect.element(page.getByText('Authenticator app is on')).toBeVisible()
    await expect.element(page.getByRole('list', { name: 'Recovery codes' })).toBeVisible()
    expect(page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').elements()).toHaveLength(
      10,
    )
    expect(ui.container.innerHTML).not.toContain(secret)
    await saveCodes()
    await expect.element(page.getByRole('list', { name: 'Recovery codes' })).not.toBeInTheDocument()
    expect(registrations).toBe(1)
    expect(complaints).not.toHaveBeenCalled()
  })

  it('an enrollment commits once for each visible change', async () => {
    ui = renderFlow(<TotpEnrollment />, { strict: false })
    await expect.element(button('Set up authenticator app')).toBeVisible()
    const start = ui.commits()
    let announced = 0 // each by a commit of its own, when it is heard best
    const ear = new MutationObserver(() => {
      announced += 1
    })
    const region = ui.container.querySelector('[part~=announcement]') ?? ui.container
    ear.observe(region, { childList: true, characterData: true, subtree: true })
    onTestFinished(() => ear.disconnect())
    await button('Set up authenticator app').click() // busy, then the picture
    await expect.element(codeField()).toBeVisible()
    const secret = page.getByLabelText('Setup key').element().textContent ?? ''
    await codeField().fill(codeOf(secret)) // the digits
    await expect.element(page.getByText('Authenticator app is on')).toBeVisible() // checking, then on
    expect(ui.commits() - start - announced).toBe(5)
  })

  it('an enrollment survives unmounting during a call', async () => {
    const complaints = vi.spyOn(console, 'error')
    ui = renderFlow(<TotpEnrollment />)
    await button('Set up authenticator app').click()
    ui.root.unmount()
    const { registration } = await ui.flow.waitFor(({ state }) => state === 'awaitingCode')
    ui.flow.submitCode(codeOf(registration?.unseal().secret ?? ''))
    expect((await ui.flow.settled()).state).toBe('elevated')
    expect(complaints).not.toHaveBeenCalled()
  })

  it('an enrollment renders on a server and hydrates without a warning', async () => {
    const complaints = vi.spyOn(console, 'error')
    const flow = createTotpFlow({ backend: memoryBackend() })
    const tree = (
      <TotpFlowProvider flow={flow} messages={ar}>
        <Card />
      </TotpFlowProvider>
    )
    const html = renderToString(tree)
    expect(html).toContain('dir="rtl"')
    const container = document.createElement('main')
    container.innerHTML = html
    document.body.replaceChildren(container)
    const root = hydrateRoot(container, tree)
    await expect.element(button(ar.device.setUp)).toBeVisible()
    expect(complaints).not.toHaveBeenCalled()
    root.unmount()
    flow.stop()
  })
})

describe('the code field', () => {
  const attempts = (answer = () => Promise.reject(new TotpFlowError('network'))) => {
    const codes: string[] = []
    const backend = () => ({
      authenticateTotpMfaDevice: ({ code }: { code: string }) => {
        codes.push(code)
        return answer()
      },
    })
    return { codes, backend }
  }

  it.each([
    ['123 456', 'pasted with a space'],
    ['１２３４５６', 'full-width'],
    ['١٢٣٤٥٦', 'Arabic-Indic'],
    ['۱۲۳۴۵۶', 'Persian'],
    ['१२३४५६', 'Devanagari'],
    ['123-456', 'with a hyphen'],
    ['\u200e123456\u200f', 'with marks of direction', '123456'],
  ])('the code field sends %s as 123456, once and by itself (%s)', async (typed, _how, shown = typed) => {
    const { codes, backend } = attempts()
    ui = renderFlow(<TotpEnrollment />, { backend })
    await register(ui.flow)
    await codeField().fill(typed)
    await alert(/couldn’t reach the server/)
    expect(codes).toEqual(['123456'])
    expect(codeField().element()).toHaveValue(shown) // nothing is lost of what can be seen
  })

  it('the code field sends once on a double Enter and on a double click', async () => {
    let answer: (error: TotpFlowError) => void = () => {}
    const { codes, backend } = attempts(
      () =>
        new Promise<never>((_, reject) => {
          answer = reject
        }),
    )
    ui = renderFlow(<TotpEnrollment />, { backend })
    await register(ui.flow)
    await codeField().fill('123456')
    await userEvent.keyboard('{Enter}{Enter}')
    await button('Verify').dblClick()
    answer(new TotpFlowError('invalid_code'))
    await alert(/didn’t match/)
    expect(codes).toEqual(['123456'])
    const field = codeField().element() as HTMLInputElement
    expect([field.selectionStart, field.selectionEnd]).toEqual([0, 6])
    await userEvent.keyboard('{Enter}')
    expect(codes).toEqual(['123456'])
  })

  it('the code field accepts what an input method composes', async () => {
    const { codes, backend } = attempts()
    ui = renderFlow(<TotpEnrollment />, { backend })
    await register(ui.flow)
    await codeField().click()
    const field = codeField().element() as HTMLInputElement
    field.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }))
    await userEvent.keyboard('１２３４５６')
    field.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true, data: '１２３４５６' }))
    await alert(/couldn’t reach the server/)
    expect(codes).toEqual(['123456'])
  })
})

describe('recovery codes', () => {
  it('a recovery code replaces the app, is labelled as what it is, and removes the device', async () => {
    ui = renderFlow(<Card />)
    await enroll(ui.flow)
    const codes = ui.flow.getView().recoveryCodes?.unseal() ?? []
    await button('Remove authenticator app').click()
    await button('Use a recovery code instead').click()
    const field = page.getByRole('textbox', { name: 'Recovery code' })
    await expect.element(field).toHaveFocus()
    await field.fill('00000-00000')
    await userEvent.keyboard('{Enter}')
    await alert(/That recovery code didn’t match/)
    await userEvent.keyboard('{Enter}') // the very same: it would cost a try
    await button('Use your authenticator app instead').click()
    await expect.element(page.getByRole('alert')).toBeEmptyDOMElement() // that was not about the app's code
    await button('Use a recovery code instead').click()
    await field.fill((codes[0] ?? '').toUpperCase().replace('-', ' '))
    await button('Verify').click()
    await expect.element(page.getByText('No authenticator app yet')).toBeVisible()
  })

  it('the card shows how many recovery codes are left, and makes new ones for a code', async () => {
    ui = renderFlow(<Card />)
    const secret = await enroll(ui.flow)
    const old = ui.flow.getView().recoveryCodes?.unseal() ?? []
    await saveCodes()
    await expect.element(page.getByRole('heading', { name: 'Recovery codes left: 10' })).toBeVisible()
    await expect.element(page.getByRole('region', { name: 'Recovery codes left: 10' })).toBeVisible()
    ui.flow.stepUp(['wallet:export'])
    ui.flow.submitRecoveryCode(old[0] ?? '')
    await expect.element(page.getByText('Recovery codes left: 9')).toBeVisible()

    await button('Generate new codes').click()
    await expect.element(codeField()).toHaveFocus()
    await userEvent.keyboard('{Escape}')
    await expect.element(button('Generate new codes')).toHaveFocus()
    await expect.element(button('Generate new codes')).toHaveAttribute('aria-busy', 'false')
    expect(
      page
        .getByRole('alert')
        .elements()
        .map((one) => one.textContent),
    ).not.toContain('Canceled.')

    await button('Generate new codes').click()
    await codeField().fill(codeOf(secret, 1))
    await expect.element(page.getByRole('list', { name: 'Recovery codes' })).toBeVisible()
    const renewed = ui.flow.getView().recoveryCodes?.unseal() ?? []
    expect(renewed.filter((code) => old.includes(code))).toEqual([])
    await saveCodes()
    await expect.element(page.getByText('Recovery codes left: 10')).toBeVisible()
  })

  it('the card explains a failed renewal of recovery codes, and offers none if the backend makes none', async () => {
    ui = renderFlow(<Card />, {
      backend: () => ({ createNewMfaRecoveryCodes: () => Promise.reject(new TotpFlowError('network')) }),
    })
    const secret = await enroll(ui.flow)
    await saveCodes()
    await button('Generate new codes').click()
    await codeField().fill(codeOf(secret, 1))
    await alert(/couldn’t reach the server/)
    ui.unmount()
    ui = renderFlow(<Card />, { backend: () => ({ createNewMfaRecoveryCodes: undefined }) as object })
    await enroll(ui.flow)
    await saveCodes()
    await expect.element(button('Remove authenticator app')).toBeVisible()
    expect(button('Generate new codes').elements()).toHaveLength(0)
  })

  it('the challenge offers no recovery code if the backend takes none', async () => {
    ui = renderFlow(<TotpChallenge />, {
      backend: () => ({ authenticateMfaRecoveryCode: undefined }) as object,
    })
    await enroll(ui.flow)
    ui.flow.stepUp(['wallet:export'])
    await expect.element(button('Verify')).toBeVisible()
    expect(page.getByText('Use a recovery code instead').elements()).toHaveLength(0)
  })

  it('the card explains a failed acknowledgment, and keeps showing the recovery codes', async () => {
    ui = renderFlow(<DeviceCard />, {
      backend: () => ({ acknowledgeRecoveryCodes: () => Promise.reject(new TotpFlowError('network')) }),
    })
    await enroll(ui.flow)
    await saveCodes()
    await expect.element(page.getByText(/couldn’t reach the server/)).toBeVisible()
    await expect.element(page.getByRole('list', { name: 'Recovery codes' })).toBeVisible()
  })
})

describe('the dialog', () => {
  it('the dialog takes the focus, gives it back, and closes on Escape', async () => {
    ui = renderFlow(<Card />)
    await enroll(ui.flow)
    await button('Remove authenticator app').click()
    await expect.element(page.getByRole('dialog', { name: 'Remove authenticator app' })).toBeVisible()
    await expect.element(codeField()).toHaveFocus()
    await userEvent.keyboard('{Escape}')
    await expect.element(button('Remove authenticator app')).toHaveFocus()
    expect(ui.flow.getView().showsCodeField).toBe(false)
  })
})

describe('parts', () => {
  it('parts accept className and render, and keep their behavior', async () => {
    const clicks = vi.fn()
    ui = renderFlow(
      <Totp.Root className="mine">
        <Totp.SetUp
          render={(props) => <button {...props} type="button" className="theirs" />}
          onClick={clicks}
        />
        <Totp.Error className="alarm" />
      </Totp.Root>,
    )
    await button('Set up authenticator app').click()
    await ui.flow.waitFor(({ state }) => state === 'awaitingCode')
    expect(clicks).toHaveBeenCalledOnce()
    expect(ui.container.querySelector('.mine > .theirs')).not.toBeNull()
    expect(ui.container.querySelector('.alarm')).toHaveAttribute('role', 'alert')
  })

  it('parts render the code field as the host’s input, and as a new one for another kind of code', async () => {
    const complaints = vi.spyOn(console, 'error')
    ui = renderFlow(
      <Totp.CodeForm>
        <Totp.CodeLabel />
        <Totp.CodeField render={(props) => <input {...props} size={20} />} />
        <Totp.SwitchMethod />
      </Totp.CodeForm>,
    )
    await enroll(ui.flow)
    ui.flow.stepUp(['wallet:export'])
    await codeField().fill('12')
    const before = codeField().element()
    expect(before).toHaveAttribute('size', '20')
    await button('Use a recovery code instead').click()
    const recovery = page.getByRole('textbox', { name: 'Recovery code' })
    await expect.element(recovery).toHaveFocus()
    expect(recovery.element()).not.toBe(before)
    expect(complaints).not.toHaveBeenCalled()
  })

  it('a button that the chart would refuse does nothing, and keeps focus', async () => {
    ui = renderFlow(<DeviceCard />)
    await enroll(ui.flow)
    const remove = button('Remove authenticator app')
    await remove.click()
    await ui.flow.waitFor(({ showsCodeField }) => showsCodeField)
    await expect.element(remove).toHaveAttribute('aria-disabled', 'true')
    await expect.element(remove).toHaveFocus()
    await userEvent.keyboard('{Enter}')
    expect(ui.flow.getView().error).toBeNull()
    ui.flow.cancel()
    await expect.element(remove).toBeEnabled()
  })

  it('parts let a host prevent what they would do', async () => {
    ui = renderFlow(<Totp.SetUp onClick={(event) => event.preventDefault()} />)
    await ui.flow.waitFor(({ device }) => device === null)
    await button('Set up authenticator app').click()
    expect(ui.flow.getView().state).toBe('idle')
  })

  it('parts report focus, keys and typing to a host, and keep their behavior', async () => {
    const heard: string[] = []
    const hear = ({ type, target }: SyntheticEvent) => {
      if (heard.at(-1) !== type && target instanceof HTMLInputElement) heard.push(type)
    }
    ui = renderFlow(
      <Totp.Root onFocus={hear}>
        <Totp.CodeForm onKeyDown={hear}>
          <Totp.CodeLabel />
          <Totp.CodeField onChange={hear} />
          <Totp.Error />
        </Totp.CodeForm>
      </Totp.Root>,
    )
    await register(ui.flow)
    await codeField().fill('12')
    await userEvent.keyboard('{Enter}')
    await alert(/six digits/)
    expect(codeField().element()).toHaveValue('12')
    expect(heard).toEqual(['focus', 'change', 'keydown'])
  })

  it('parts of the recovery codes accept className and render too', async () => {
    ui = renderFlow(
      <Totp.Codes className="mine">
        <Totp.CodeList className="theirs" />
        <Totp.KeepCodes render={(props) => <button {...props} type="button" id="kept" />}>
          Kept
        </Totp.KeepCodes>
      </Totp.Codes>,
    )
    await enroll(ui.flow)
    await expect.element(page.getByRole('list', { name: 'Recovery codes' })).toHaveClass('theirs')
    expect(ui.container.querySelector('.mine > #kept')).not.toBeNull()
    await button('Kept').click()
    await expect.element(page.getByRole('list', { name: 'Recovery codes' })).not.toBeInTheDocument()
    expect(ui.container.querySelector('#kept')).toBeNull() // nothing is left to say
  })

  it('confirming codes waits for a copy while a button that copies them exists', async () => {
    ui = renderFlow(null)
    const { flow, root } = ui
    const show = (...ways: ReactElement[]) =>
      root.render(
        <TotpFlowProvider flow={flow}>
          <Totp.Codes>
            {ways}
            <Totp.KeepCodes />
          </Totp.Codes>
        </TotpFlowProvider>,
      )
    await enroll(flow)
    const keep = button('I have saved these codes')
    const [copy, print] = [<Totp.CopyCodes key="copy" />, <Totp.PrintCodes key="print" />]
    show(copy, print)
    await expect.element(button('Copy codes')).toBeVisible()
    await expect.element(keep).toHaveAttribute('aria-disabled', 'true')
    show(print)
    await expect.element(button('Copy codes')).not.toBeInTheDocument()
    await expect.element(keep).toHaveAttribute('aria-disabled', 'true')
    show()
    await expect.element(keep).not.toHaveAttribute('aria-disabled')
  })

  it.each([
    ['Codes', <Totp.CodeList key="list" />],
    ['Codes', <Totp.KeepCodes key="keep" />],
    ['CodeForm', <Totp.CodeField key="field" />],
    ['CodeForm', <Totp.Submit key="submit" />],
  ])('a part outside <%s> throws an error that says so', (around, part) => {
    const flow = createTotpFlow({ backend: memoryBackend() })
    const tree = <TotpFlowProvider flow={flow}>{part}</TotpFlowProvider>
    expect(() => renderToString(tree)).toThrow(`<${around}> around it`)
    flow.stop()
  })

  it('the components follow a flow that replaces another, and keep no typed text', async () => {
    const [first, second] = [1, 2].map(() => createTotpFlow({ backend: memoryBackend(), tabs: false }))
    if (!first || !second) throw new Error('no flows')
    ui = renderFlow(null)
    const show = (flow: typeof first) =>
      ui.root.render(
        <TotpFlowProvider flow={flow}>
          <Card />
        </TotpFlowProvider>,
      )
    show(first)
    const secrets = [await register(first), await register(second)]
    const key = () => page.getByLabelText('Setup key').element().textContent
    await codeField().fill('123')
    await expect.poll(key).toBe(secrets[0])
    show(second)
    await expect.poll(key).toBe(secrets[1])
    await expect.element(codeField()).toHaveValue('')
    const sent = vi.spyOn(first, 'submitCode')
    await codeField().fill(codeOf(secrets[1] ?? ''))
    await second.waitFor(({ state }) => state === 'elevated')
    expect(sent).not.toHaveBeenCalled()
    await expect.element(page.getByText('Authenticator app is on')).toBeVisible()
    first.stop()
    second.stop()
  })

  it('parts that show a secret render only while there is one', async () => {
    ui = renderFlow(
      <>
        <Totp.QrCode />
        <Totp.DeepLink />
        <Totp.SetupKey />
        <Totp.Codes>
          <Totp.CodeList />
        </Totp.Codes>
      </>,
    )
    const parts = () =>
      [...ui.container.querySelectorAll('svg, a, [part=setup-key], ol')].map((one) => one.localName)
    await ui.flow.settled()
    expect(parts()).toEqual([])
    const secret = await register(ui.flow)
    await expect.poll(parts).toEqual(['svg', 'a', 'div'])
    ui.flow.submitCode(codeOf(secret))
    await expect.poll(parts).toEqual(['ol'])
    await ui.flow.acknowledgeRecoveryCodes()
    await expect.poll(parts).toEqual([])
  })

  it('parts let a host render the setup key itself', async () => {
    ui = renderFlow(<Totp.SetupKey render={({ groups }) => <code>{groups.join(' ')}</code>} />)
    const secret = await register(ui.flow)
    await expect.element(page.getByRole('code')).toHaveTextContent(secret.replace(/(.{4})(?=.)/g, '$1 '))
  })
})

it('the card shows the host’s children while the app is on, and not before', async () => {
  ui = renderFlow(
    <DeviceCard>
      <p>what the app guards</p>
    </DeviceCard>,
  )
  await expect.element(button('Set up authenticator app')).toBeVisible()
  expect(page.getByText('what the app guards').elements()).toEqual([])
  await enroll(ui.flow)
  await expect.element(page.getByText('what the app guards')).toBeVisible()
})

it('the dialog of a removal has no empty paragraph, which the layout of a host would show as a gap', async () => {
  ui = renderFlow(<Card />)
  await enroll(ui.flow)
  ui.flow.deleteDevice()
  await expect.element(codeField()).toBeVisible()
  const empty = [...ui.container.querySelectorAll('dialog p:empty:not([role])')]
  expect(empty.map(({ outerHTML }) => outerHTML)).toEqual([])
})

it('a challenge without a dialog is a region named by its title, and its field is described by what to enter', async () => {
  ui = renderFlow(<TotpChallenge />)
  await enroll(ui.flow)
  ui.flow.stepUp(['wallet:export'])
  await expect.element(page.getByRole('region', { name: en.challenge.title, exact: true })).toBeVisible()
  await expect
    .element(codeField())
    .toHaveAccessibleDescription(`${en.challenge.hint} ${en.code.note} ${en.code.automatic}`)
})

it('two cards with their dialogs share no id on a page, whatever they show', async () => {
  const flows = [1, 2].map(() => createTotpFlow({ backend: memoryBackend(), tabs: false }))
  onTestFinished(() => {
    for (const flow of flows) flow.stop()
  })
  ui = renderFlow(null)
  ui.root.render(
    flows.map((flow, index) => (
      <TotpFlowProvider key={String(index)} flow={flow}>
        <Card />
        <TotpChallenge />
      </TotpFlowProvider>
    )),
  )
  const ids = () => [...ui.container.querySelectorAll('[id]')].map(({ id }) => id)
  const twice = () => ids().filter((id, index, all) => all.indexOf(id) !== index)
  const secrets = await Promise.all(flows.map(register))
  await expect.poll(() => page.getByLabelText('Setup key').elements()).toHaveLength(2)
  expect(twice()).toEqual([])
  for (const [index, flow] of flows.entries()) flow.submitCode(codeOf(secrets[index] ?? ''))
  await expect.poll(() => page.getByRole('list', { name: 'Recovery codes' }).elements()).toHaveLength(2)
  expect(twice()).toEqual([])
  for (const flow of flows) flow.stepUp(['wallet:export'])
  await expect.poll(() => ui.container.querySelectorAll('[part~=code-field]')).toHaveLength(4)
  expect(twice()).toEqual([])
})

it('re-rendering the components moves neither focus nor selection', async () => {
  const flow = createTotpFlow({
    backend: {
      ...memoryBackend(),
      authenticateTotpMfaDevice: () => Promise.reject(new TotpFlowError('invalid_code')),
    },
  })
  ui = renderFlow(null)
  const draw = () =>
    flushSync(() =>
      ui.root.render(
        <TotpFlowProvider flow={flow}>
          <Card />
        </TotpFlowProvider>,
      ),
    )
  draw()
  onTestFinished(() => flow.stop())
  await register(flow)
  await codeField().fill('000000')
  await userEvent.keyboard('{Enter}')
  await alert(/didn’t match/)
  const field = codeField().element() as HTMLInputElement
  await expect.poll(() => [field.selectionStart, field.selectionEnd]).toEqual([0, 6])
  field.setSelectionRange(3, 3)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  button('Cancel').element().focus()
  draw()
  vi.advanceTimersByTime(5000)
  await expect.element(button('Cancel')).toHaveFocus()
  expect([field.selectionStart, field.selectionEnd]).toEqual([3, 3])
})

/** A page with a better place for the focus, once the codes are saved. */
function Host() {
  const hasCodes = useTotpFlow(({ recoveryCodes }) => recoveryCodes !== null)
  const heading = useRef<HTMLHeadingElement>(null)
  const had = useRef(false)
  useEffect(() => {
    if (had.current && !hasCodes) heading.current?.focus()
    had.current = hasCodes
  }, [hasCodes])
  return (
    <>
      <h1 tabIndex={-1} ref={heading}>
        Security
      </h1>
      <DeviceCard />
    </>
  )
}

it('the card moves no focus if the host’s own effect does', async () => {
  ui = renderFlow(<Host />, { strict: false })
  await enroll(ui.flow)
  await button('Copy codes').click()
  const got: string[] = []
  ui.container.addEventListener('focusin', ({ target }) => {
    if (target instanceof Element) got.push(target.localName)
  })
  button('I have saved these codes').element().focus()
  await userEvent.keyboard('{Enter}')
  await expect.element(page.getByRole('heading', { name: 'Security' })).toHaveFocus()
  expect(got).toEqual(['button', 'h1'])
})

it('an issuer or account with markup stays text', async () => {
  const nasty = '<img src=x onerror="document.title=\'owned\'">'
  ui = renderFlow(<Card />, { issuer: nasty, account: nasty })
  const secret = await enroll(ui.flow)
  ui.flow.stepUp(['wallet:export'])
  ui.flow.submitCode(await wrong(secret))
  await alert(/didn’t match/)
  expect(ui.container.querySelector('img')).toBeNull()
  expect(document.title).not.toBe('owned')
})

it('each word can be replaced on its own', async () => {
  ui = renderFlow(<DeviceCard />, {
    messages: { ...en, device: { ...en.device, setUp: 'Guard my account' } },
  })
  await expect.element(button('Guard my account')).toBeVisible()
})

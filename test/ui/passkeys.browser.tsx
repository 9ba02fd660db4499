import { createTotpFlow, type TotpBackend, TotpFlowError } from 'totp-flow'
import { memoryBackend, type SimulatedPasskeys } from 'totp-flow/memory'
import { managePasskeys } from 'totp-flow/passkeys'
import { authenticator } from 'totp-flow/testing'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { focused } from '../../src/ui/focus-soon.ts'
import { button, codeField } from '../react/render-flow.tsx'
import { passkeyFaces } from './passkey-faces.tsx'
import { listen } from './spoken.ts'

afterEach(() => vi.unstubAllGlobals())

const OPEN = 'Follow the steps that your browser shows.'
const WRONG = 'That passkey wasn’t accepted. Try again, or use another way.'
const NOT_HERE = 'Passkeys don’t work here. Use another way, or another browser.'

/** What the person does with what the browser shows: nothing yet. */
function openCeremony() {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  return { ceremony: () => promise, confirm: resolve, close: () => reject(new TotpFlowError('cancelled')) }
}
const rejecting = (code: ConstructorParameters<typeof TotpFlowError>[0]) => () =>
  Promise.reject(new TotpFlowError(code))

const label = () => focused()?.ariaLabel ?? focused()?.textContent
const visible = (text: string) =>
  page
    .getByText(text, { exact: true })
    .elements()
    .filter((one) => one.checkVisibility({ visibilityProperty: true }))

describe.each(passkeyFaces)('%s', (_name, show) => {
  /** A user with so many passkeys, and perhaps an app. */
  async function start({ held = 1, hasApp = false, changes = {} as Partial<TotpBackend>, limit = 10 } = {}) {
    const playing: Pick<SimulatedPasskeys, 'ceremony'> = {}
    const passkeys: SimulatedPasskeys = {
      limit,
      ceremony: (act, options) => playing.ceremony?.(act, options),
    }
    const backend = { ...memoryBackend({ passkeys }), ...changes }
    const flow = createTotpFlow({ backend, tabs: false })
    await flow.settled()
    const managed = managePasskeys(flow, backend)
    const answer = flow.subscribe(() => {
      if (flow.getView().can.submitPasskey) queueMicrotask(() => flow.submitPasskey())
    })
    for (let nth = 1; nth <= held; nth += 1) await managed.add({ alias: `Key ${nth}` })
    answer()
    let app: ReturnType<typeof authenticator> | undefined
    if (hasApp) {
      flow.register()
      const { registration } = await flow.waitFor((view) => view.registration !== null)
      app = authenticator(registration?.unseal().secret ?? '')
      flow.submitCode(app.code())
      await flow.waitFor(({ device }) => device?.verified === true)
      await flow.acknowledgeRecoveryCodes()
    }
    flow.release()
    const hide = show(flow, managed)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    await expect.element(button('Add a passkey')).toBeVisible()
    return { flow, managed, playing, app, stepUp: () => flow.stepUp(['wallet:export']) }
  }
  const use = () => button('Use a passkey')

  it('a prompt offers a passkey first, and a code after that', async () => {
    const { flow, stepUp } = await start({ hasApp: true })
    stepUp()
    await expect.element(use()).toBeVisible()
    await expect.poll(label).toBe('Use a passkey')
    await expect.element(codeField()).toBeVisible()
    await userEvent.keyboard('{Enter}')
    await expect.poll(() => flow.getView().state).toBe('elevated')
    expect(page.getByRole('dialog').elements()).toEqual([])
  })

  it('a code answers a prompt that a passkey could answer', async () => {
    const { flow, stepUp, app } = await start({ hasApp: true })
    stepUp()
    await codeField().fill(app?.code(1) ?? '')
    await expect.poll(() => flow.getView().state).toBe('elevated')
  })

  it('a prompt of a user without an app asks only for a passkey', async () => {
    const { flow, stepUp } = await start()
    stepUp()
    await expect.element(page.getByRole('dialog')).toBeVisible()
    await expect.poll(() => visible('Confirm with your passkey to continue.')).toHaveLength(1)
    expect(
      codeField()
        .elements()
        .filter((one) => one.checkVisibility()),
    ).toEqual([])
    await expect.poll(label).toBe('Use a passkey')
    await userEvent.keyboard('{Enter}')
    await expect.poll(() => flow.getView().state).toBe('elevated')
  })

  it('a ceremony shows that it is busy, says what to do, and can be canceled', async () => {
    const { flow, playing, stepUp } = await start()
    playing.ceremony = openCeremony().ceremony
    stepUp()
    await use().click()
    await expect.poll(() => use().element().ariaBusy).toBe('true')
    await expect.poll(() => visible(OPEN)).toHaveLength(1)
    await button('Cancel').click()
    await expect.poll(() => flow.getView().state).toBe('idle')
    expect(page.getByRole('dialog').elements()).toEqual([])
  })

  it('no check of a code is announced while the browser asks for a passkey', async () => {
    const { playing, stepUp } = await start({ hasApp: true })
    const { ceremony, confirm } = openCeremony()
    playing.ceremony = ceremony
    stepUp()
    await expect.element(use()).toBeVisible()
    const spoken = listen()
    await use().click()
    await new Promise((later) => setTimeout(later, 1600)) // a slow check is announced after one second
    expect(spoken).not.toContain('Checking the code…')
    expect(button('Verify').element().ariaBusy).toBe('false')
    confirm()
  })

  it.each([false, true])(
    'closing the browser’s passkey prompt returns focus to the button, without an error (app: %s)',
    async (hasApp) => {
      const { flow, playing, stepUp } = await start({ hasApp })
      const { ceremony, close } = openCeremony()
      playing.ceremony = ceremony
      stepUp()
      await use().click()
      await expect.poll(() => flow.getView().state).toBe('verifying')
      close()
      await expect.poll(() => flow.getView().state).toBe('awaitingCode')
      await expect.poll(label).toBe('Use a passkey')
      expect(use().element().ariaBusy).toBe('false')
      expect(flow.getView().error).toBeNull()
    },
  )

  it.each([false, true])(
    'a wrong passkey is announced once, and can be tried again (app: %s)',
    async (hasApp) => {
      const { flow, playing, stepUp } = await start({ hasApp })
      playing.ceremony = rejecting('invalid_passkey')
      stepUp()
      await expect.element(use()).toBeVisible()
      const spoken = listen()
      await use().click()
      await expect.poll(() => visible(WRONG)).toHaveLength(1)
      await expect.poll(() => spoken).toContain(WRONG)
      expect(label()).toBe('Use a passkey')
      playing.ceremony = () => {}
      await use().click()
      await expect.poll(() => flow.getView().state).toBe('elevated')
    },
  )

  it('a browser without passkeys is offered only a code if there is an app', async () => {
    vi.stubGlobal('PublicKeyCredential', undefined)
    const { stepUp } = await start({ hasApp: true })
    stepUp()
    await expect.element(codeField()).toBeVisible()
    expect(
      use()
        .elements()
        .filter((one) => one.checkVisibility()),
    ).toEqual([])
    await expect.poll(() => focused() === codeField().element()).toBe(true)
  })

  it('a prompt in a browser without passkeys says so if there is no app', async () => {
    vi.stubGlobal('PublicKeyCredential', undefined)
    const { flow, stepUp } = await start()
    stepUp()
    const dialog = page.getByRole('dialog')
    await expect.element(dialog).toBeVisible()
    await expect.poll(() => visible(NOT_HERE)).toHaveLength(2) // in the list behind it, too
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await expect.poll(() => flow.getView().state).toBe('idle')
  })

  it('the keyboard adds a first passkey, which is announced', async () => {
    const { flow } = await start({ held: 0 })
    await expect.poll(() => visible('No passkeys yet')).toHaveLength(1)
    const spoken = listen()
    ;(button('Add a passkey').element() as HTMLElement).focus()
    await userEvent.keyboard('{Enter}')
    await expect.poll(() => visible('Passkey 1')).toHaveLength(1)
    await expect.poll(() => spoken).toContain('Passkey added.')
    expect(flow.getView().passkeys).toHaveLength(1)
    expect(label()).toBe('Add a passkey')
  })

  it('adding a passkey is busy while the browser asks, and can be canceled', async () => {
    const { managed, playing } = await start({ held: 0 })
    playing.ceremony = openCeremony().ceremony
    await button('Add a passkey').click()
    await expect.poll(() => button('Add a passkey').element().ariaBusy).toBe('true')
    await expect.poll(() => visible(OPEN)).toHaveLength(1)
    await button('Cancel').click()
    await expect.poll(() => managed.getState()).toEqual({ pending: null, passkeyId: null, error: null })
    await expect.poll(() => visible(OPEN)).toHaveLength(0)
  })

  it('the keyboard renames a passkey in its row', async () => {
    const { flow } = await start({ held: 2 })
    const spoken = listen()
    await button('Rename Key 2').click()
    const field = page.getByRole('textbox', { name: 'Name' })
    await expect.poll(() => focused() === field.element()).toBe(true)
    await userEvent.keyboard('Phone{Enter}') // over the old name, which is selected
    await expect.poll(() => flow.getView().passkeys.map(({ alias }) => alias)).toEqual(['Key 1', 'Phone'])
    await expect.poll(label).toBe('Rename Phone')
    await expect.poll(() => spoken).toContain('Passkey renamed.')
  })

  it('Escape keeps a passkey’s name, and an empty name is refused', async () => {
    const { flow } = await start()
    await button('Rename Key 1').click()
    await userEvent.keyboard('{Delete}{Enter}')
    await expect.poll(() => visible('Enter a name first.')).toHaveLength(1)
    expect(page.getByRole('textbox', { name: 'Name' }).element().ariaInvalid).toBe('true')
    await userEvent.keyboard('{Escape}')
    await expect.poll(label).toBe('Rename Key 1')
    expect(flow.getView().passkeys[0]?.alias).toBe('Key 1')
  })

  it('removing a passkey asks for confirmation and a proof, and focuses the heading', async () => {
    const { flow } = await start({ held: 2 })
    const spoken = listen()
    await button('Remove Key 1').click()
    await expect.poll(label).toBe('Cancel')
    await expect
      .poll(() => visible('Remove the passkey “Key 1”? You can no longer confirm with it.'))
      .toHaveLength(1)
    await userEvent.keyboard('{Enter}')
    await expect.poll(label).toBe('Remove Key 1')
    await userEvent.keyboard('{Enter}')
    await expect.poll(label).toBe('Cancel')
    await userEvent.tab()
    await userEvent.keyboard('{Enter}')
    await use().click()
    await expect.poll(() => flow.getView().passkeys.map(({ alias }) => alias)).toEqual(['Key 2'])
    await expect.poll(label).toBe('Passkeys')
    await expect.poll(() => spoken).toContain('Passkey removed.')
  })

  it('the list says that the limit of passkeys is reached', async () => {
    await start({ held: 2, limit: 2 })
    await button('Add a passkey').click()
    await use().click()
    await expect
      .poll(() => visible('You have as many passkeys as this service allows. Remove one first.'))
      .toHaveLength(1)
  })

  it('the list says that this browser supports no passkeys', async () => {
    vi.stubGlobal('PublicKeyCredential', undefined)
    await start({ held: 0 })
    expect(visible(NOT_HERE)).toHaveLength(1)
    expect(button('Add a passkey').element().ariaDisabled).toBe('true')
  })
})

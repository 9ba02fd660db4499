import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, waitFor } from 'storybook/test'
import { TotpFlowError } from 'totp-flow'
import type { SimulatedPasskeys } from 'totp-flow/memory'
import { Account, PasskeysOnly } from './account.tsx'
import { clearLine } from './line.ts'
import { played } from './person.ts'
import { argTypes, Scene } from './scene.tsx'
import { ElementPage } from './without-react.tsx'
import { enrolled, ready, type World, withPasskeys } from './world.ts'

/** Passkeys, with an authenticator app or alone, on a simulated authenticator. */
const meta = {
  title: 'Passkeys',
  component: Scene,
  argTypes,
  args: { ...clearLine, show: PasskeysOnly, begin: ready, passkeys: {} },
} satisfies Meta<typeof Scene>
export default meta
type Story = StoryObj<typeof Scene>

const stepUp = ({ flow }: World) => flow.stepUp(['wallet:export'])
const one = withPasskeys('MacBook')
const alone = async (world: World) => {
  await one(world)
  stepUp(world)
}
const besideApp = async (world: World) => {
  await one(world)
  await enrolled(world)
  world.flow.release()
  stepUp(world)
}
/** Confirms the creation of a passkey, and does this when one is used. */
const whenUsed = (use: SimulatedPasskeys['ceremony']): SimulatedPasskeys => ({
  ceremony: (act, options) => (act === 'authenticate' ? use?.(act, options) : undefined),
})
const ends = (code: ConstructorParameters<typeof TotpFlowError>[0]) =>
  whenUsed(() => Promise.reject(new TotpFlowError(code)))
const never = () => new Promise<void>(() => {})

const OPEN = 'Follow the steps that your browser shows.'

export const promptWithApp: Story = {
  name: 'A prompt: passkey or code',
  args: { show: Account, begin: besideApp },
  play: played(async (me) => {
    await me.sees('Use a passkey')
    await me.sees('or')
    await me.sees('6-digit code')
    await me.isIn('awaitingCode.ready')
  }),
}

export const promptAlone: Story = {
  name: 'A prompt: passkey alone',
  args: { begin: alone },
  play: played(async (me) => {
    await me.sees('Confirm with your passkey to continue.')
    await me.isIn('awaitingCode.passkey')
  }),
}

export const stepUpByPasskey: Story = {
  name: 'Step up with a passkey',
  args: { begin: one },
  play: played(async (me) => {
    await me.sees('MacBook') // before, the flow knows no factor to prompt for
    await me.clicks('Export private key')
    await me.clicks('Use a passkey')
    await me.sees('The key is exported.')
    await me.seesNo('Confirm it’s you')
  }),
}

export const ceremonyOpen: Story = {
  name: 'The browser asks for it',
  args: { begin: alone, passkeys: whenUsed(never) },
  play: played(async (me, { canvasElement }) => {
    await me.clicks('Use a passkey')
    await me.sees(OPEN)
    await me.isIn('verifying')
    await waitFor(() =>
      expect(canvasElement.querySelector('[part~=use-passkey]')).toHaveAttribute('aria-busy', 'true'),
    )
  }),
}

export const ceremonyOpenBesideApp: Story = {
  name: 'The browser asks for it, next to a code',
  args: { show: Account, begin: besideApp, passkeys: whenUsed(never) },
  play: ceremonyOpen.play,
}

export const canceled: Story = {
  name: 'Canceled in the browser',
  args: { begin: alone, passkeys: ends('cancelled') },
  play: played(async (me) => {
    await me.clicks('Use a passkey')
    await me.isIn('awaitingCode.passkey')
    await me.seesNo(OPEN)
    await me.seesNo('You canceled this.')
    await me.sees('Use a passkey')
  }),
}

export const wrong: Story = {
  name: 'A wrong passkey',
  args: { begin: alone, passkeys: ends('invalid_passkey') },
  play: played(async (me) => {
    await me.clicks('Use a passkey')
    await me.sees('That passkey wasn’t accepted. Try again, or use another way.')
    await me.isIn('awaitingCode.passkey')
  }),
}

export const wrongBesideApp: Story = {
  name: 'A wrong passkey, next to a code',
  args: { show: Account, begin: besideApp, passkeys: ends('invalid_passkey') },
  play: played(async (me) => {
    await me.clicks('Use a passkey')
    await me.sees('That passkey wasn’t accepted. Try again, or use another way.')
    await me.isIn('awaitingCode.ready')
  }),
}

/** Lasts as long as the story is on screen. */
const withoutPasskeys: Story['beforeEach'] = () => {
  const { PublicKeyCredential } = globalThis
  Reflect.deleteProperty(globalThis, 'PublicKeyCredential')
  return () => {
    Object.defineProperty(globalThis, 'PublicKeyCredential', {
      value: PublicKeyCredential,
      configurable: true,
      writable: true,
    })
  }
}
const NOT_HERE = 'Passkeys don’t work here. Use another way, or another browser.'

export const unsupported: Story = {
  name: 'A browser without passkeys: prompt',
  args: { begin: alone },
  beforeEach: withoutPasskeys,
  play: played(async (me, { canvasElement }) => {
    await waitFor(() => expect(canvasElement.querySelector('dialog')).toHaveTextContent(NOT_HERE))
    await me.clicks('Cancel')
    await me.isIn('idle.ready')
  }),
}

export const unsupportedList: Story = {
  name: 'A browser without passkeys: list',
  args: { begin: one },
  beforeEach: withoutPasskeys,
  play: played(async (me) => {
    await me.sees('MacBook')
    await me.sees(NOT_HERE)
  }),
}

export const listEmpty: Story = {
  name: 'The list: empty',
  play: played(async (me) => {
    await me.sees('No passkeys yet')
  }),
}

export const listOne: Story = {
  name: 'The list: the first is added',
  play: played(async (me) => {
    await me.clicks('Add a passkey')
    await me.sees('Passkey 1')
    await me.seesNo('No passkeys yet')
  }),
}

const several = withPasskeys('MacBook', 'Pixel 9', 'The security key in the drawer of the desk in the study')

export const listSeveral: Story = {
  name: 'The list: several',
  args: { begin: several },
  play: played(async (me) => {
    await me.sees('MacBook')
    await me.sees('Pixel 9')
    await me.sees(/security key/)
  }),
}

export const adding: Story = {
  name: 'The list: adding',
  args: { passkeys: { ceremony: never } },
  play: played(async (me) => {
    await me.clicks('Add a passkey')
    await me.sees(OPEN)
    await me.sees('Cancel')
  }),
}

export const renaming: Story = {
  name: 'The list: renaming',
  args: { begin: several },
  play: played(async (me, { canvasElement }) => {
    await me.clicks('Rename Pixel 9')
    await waitFor(() => expect(canvasElement.querySelector('[name=passkey-name]')).toHaveFocus())
    await me.sees('Save')
  }),
}

export const removing: Story = {
  name: 'The list: removing',
  args: { begin: several },
  play: played(async (me) => {
    await me.clicks('Remove Pixel 9')
    await me.sees('Remove the passkey “Pixel 9”? You can no longer confirm with it.')
  }),
}

export const removed: Story = {
  name: 'The list: removed, with a passkey for proof',
  args: { begin: several },
  play: played(async (me) => {
    await me.clicks('Remove Pixel 9')
    await me.clicks('Remove Pixel 9')
    await me.clicks('Use a passkey')
    await me.seesNo('Pixel 9')
    await me.sees('MacBook')
  }),
}

export const limit: Story = {
  name: 'The list: as many as there may be',
  args: { begin: one, passkeys: { limit: 1 } },
  play: played(async (me) => {
    await me.sees('MacBook') // before, another one is still being added
    await me.clicks('Add a passkey')
    await me.clicks('Use a passkey')
    await me.sees('You have as many passkeys as this service allows. Remove one first.')
  }),
}

export const exists: Story = {
  name: 'The list: this device has one',
  args: { passkeys: { ceremony: () => Promise.reject(new TotpFlowError('passkey_exists')) } },
  play: played(async (me) => {
    await me.clicks('Add a passkey')
    await me.sees('This device already has a passkey for your account.')
  }),
}

export const elementPrompt: Story = {
  name: '<totp-flow>: passkey or code',
  args: { show: ElementPage, begin: besideApp },
  play: played(async (_me, { canvasElement }) => {
    const button = await waitFor(() => {
      const found = canvasElement
        .querySelector('totp-flow')
        ?.shadowRoot?.querySelector<HTMLElement>('[part~=use-passkey]')
      if (!found?.checkVisibility()) throw new Error('no passkey is offered yet')
      return found
    })
    await expect(button).toHaveTextContent('Use a passkey')
  }),
}

export const elementList: Story = {
  name: '<totp-passkeys>',
  args: { show: ElementPage, begin: several },
  play: played(async (_me, { canvasElement }) => {
    await waitFor(() =>
      expect(canvasElement.querySelector('totp-passkeys')?.shadowRoot?.querySelectorAll('li')).toHaveLength(
        3,
      ),
    )
  }),
}

import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, waitFor, within } from 'storybook/test'
import { passwordService, prooflessService } from '../test/support/password-service.ts'
import { Account } from './account.tsx'
import { clearLine } from './line.ts'
import { argTypes, Scene } from './scene.tsx'
import { enrolled, ready, registered, withPasskeys } from './world.ts'

/** Every state of the chart, named as in the chart, with the real service running in the page. */
const meta = {
  title: 'States',
  component: Scene,
  argTypes,
  args: { ...clearLine, show: Account, begin: ready, callTimeout: 86_400_000 },
} satisfies Meta<typeof Scene>
export default meta
type Story = StoryObj<typeof Scene>

/** Waits until the chart is in the state that the story is named for, and the screen shows the text. */
const shows =
  (text: string): Story['play'] =>
  async ({ name, canvasElement }) => {
    const screen = within(canvasElement)
    await waitFor(() => expect(screen.getByRole('group', { name: 'State' })).toHaveTextContent(name))
    await waitFor(() => expect(screen.getByText(text)).toBeVisible())
  }

export const idleLoading: Story = {
  name: 'idle.loading',
  args: { failure: 'no answer', failing: 'getMfaDevices' },
  play: shows('Security'),
}

export const idleReady: Story = { name: 'idle.ready', play: shows('No authenticator app yet') }

export const idleUnavailable: Story = {
  name: 'idle.unavailable',
  args: { failure: 'network', failing: 'getMfaDevices' },
  play: shows('Try again'),
}

export const registering: Story = {
  name: 'registering',
  args: { failure: 'no answer', failing: 'registerTotpMfaDevice', begin: registered },
  play: shows('Set up authenticator app'),
}

export const awaitingCodeReady: Story = {
  name: 'awaitingCode.ready',
  args: { begin: registered },
  play: shows('Setup key'),
}

export const awaitingCodeThrottled: Story = {
  name: 'awaitingCode.throttled',
  args: {
    failure: 'rate_limited',
    failing: 'authenticateTotpMfaDevice',
    begin: async (world) => {
      await registered(world)
      world.flow.submitCode('123456')
    },
  },
  play: shows('Too many attempts. Wait a moment, then try again.'),
}

export const awaitingCodePassword: Story = {
  name: 'awaitingCode.password',
  args: {
    service: passwordService,
    begin: async (world) => {
      await ready(world)
      world.flow.register()
    },
  },
  play: shows('Enter your password to continue.'),
}

export const awaitingCodePasskey: Story = {
  name: 'awaitingCode.passkey',
  args: {
    passkeys: {},
    begin: async (world) => {
      await withPasskeys('MacBook')(world)
      world.flow.stepUp(['wallet:export'])
    },
  },
  play: shows('Confirm with your passkey to continue.'),
}

export const awaitingCodeConfirming: Story = {
  name: 'awaitingCode.confirming',
  args: {
    service: prooflessService,
    begin: async (world) => {
      await ready(world)
      world.flow.deleteDevice({ confirm: true })
    },
  },
  play: shows('You are about to remove a way to sign in.'),
}

export const verifying: Story = {
  name: 'verifying',
  args: {
    failure: 'no answer',
    failing: 'authenticateTotpMfaDevice',
    begin: async (world) => {
      await registered(world)
      world.flow.submitCode(world.phone.code())
    },
  },
  play: shows('Verify'),
}

export const elevated: Story = {
  name: 'elevated',
  args: {
    begin: async (world) => {
      await enrolled(world)
      world.flow.authenticate({ code: world.phone.code(), requestedScopes: ['user:update'] })
    },
  },
  play: shows('Authenticator app is on'),
}

export const deleting: Story = {
  name: 'deleting',
  args: {
    failure: 'no answer',
    failing: 'deleteMfaDevice',
    begin: async (world) => {
      await enrolled(world)
      world.flow.deleteDevice()
      world.flow.submitCode(world.phone.code())
    },
  },
  play: shows('Remove authenticator app'),
}

import type { Meta, StoryObj } from '@storybook/react-vite'
import type { ComponentType } from 'react'
import { expect, waitFor, within } from 'storybook/test'
import { ar, de, en, type Messages } from 'totp-flow/messages'
import { DeviceCard, SecondFactorGate, TotpChallenge, TotpFlowProvider } from 'totp-flow/react'
import { clearLine } from './line.ts'
import { argTypes } from './scene.tsx'
import { useWorld, type WorldArgs } from './use-world.ts'
import { enrolled, justEnrolled, ready, registered, type World } from './world.ts'

/** Every screen of the components in three looks: light and English, dark and German, narrow and Arabic. */
const looks = [
  { messages: en, colorScheme: 'light', width: 328 },
  { messages: de, colorScheme: 'dark', width: 328 },
  { messages: ar, colorScheme: 'light', width: 288 },
] as const

interface LooksArgs extends WorldArgs {
  part: ComponentType
}

const Looks = (args: LooksArgs) => (
  <div className="looks">
    {looks.map((look) => (
      <Look key={look.messages.lang} {...look} {...args} />
    ))}
  </div>
)

function Look(given: LooksArgs & { messages: Messages; colorScheme: string; width: number }) {
  const { messages, colorScheme, width, part: Part, ...args } = given
  const world = useWorld({ ...args, issuer: 'متجر & Söhne', account: 'זאב@example.com' })
  if (!world) return null
  return (
    <TotpFlowProvider flow={world.flow} messages={messages}>
      <div className={`look ${colorScheme}`} style={{ width }}>
        <Part />
      </div>
    </TotpFlowProvider>
  )
}

const meta = {
  title: 'Components',
  component: Looks,
  argTypes: { ...argTypes, part: { table: { disable: true } } },
  args: { ...clearLine, begin: ready, part: DeviceCard },
} satisfies Meta<typeof Looks>
export default meta
type Story = StoryObj<typeof Looks>

/** Waits until all three show the text, or one of the texts. */
const says =
  (...words: ((messages: Messages) => string | string[])[]): Story['play'] =>
  async ({ canvasElement }) => {
    for (const { messages } of looks) {
      for (const word of words) {
        const said = [word(messages)].flat()
        await waitFor(() =>
          expect(within(canvasElement).getByText((text) => said.includes(text))).toBeVisible(),
        )
      }
    }
    const tooWide = [...canvasElement.querySelectorAll('[data-totp]')].filter(
      (one) => one.scrollWidth > one.clientWidth + 1,
    )
    expect(tooWide).toEqual([])
  }

export const none: Story = {
  play: says(
    ({ device }) => device.none,
    ({ device }) => device.setUp,
  ),
}

export const enrolling: Story = {
  args: { begin: registered },
  play: says(
    ({ enrollment }) => enrollment.scanHint,
    ({ code }) => `${code.note} ${code.automatic}`,
  ),
}

async function submits123456(world: World) {
  await registered(world)
  world.flow.submitCode('123456')
}

export const wrongCode: Story = {
  args: { failure: 'invalid_code', failing: 'authenticateTotpMfaDevice', begin: submits123456 },
  play: says(({ errors }) => errors.invalid_code),
}

export const throttled: Story = {
  args: { failure: 'rate_limited', failing: 'authenticateTotpMfaDevice', begin: submits123456 },
  play: says(
    ({ errors }) => errors.rate_limited,
    ({ code }) => [300, 299, 298, 297, 296, 295].map(code.wait),
  ),
}

export const on: Story = {
  args: { begin: justEnrolled },
  play: says(
    ({ device }) => device.on,
    ({ recovery }) => recovery.keep,
    ({ device }) => device.remove,
  ),
}

export const challenge: Story = {
  args: {
    part: TotpChallenge,
    begin: async (world) => {
      await justEnrolled(world)
      world.flow.stepUp(['wallet:export'])
    },
  },
  play: says(
    ({ challenge }) => challenge.hint,
    ({ code }) => code.useRecoveryCode,
  ),
}

/** Another brand's look, with a few custom properties. */
export const ownColors: Story = {
  args: { begin: registered },
  render: (args) => (
    <div className="own-colors">
      <Looks {...args} />
    </div>
  ),
  play: says(({ code }) => code.verify),
}

export const unavailable: Story = {
  args: { failure: 'network', failing: 'getMfaDevices' },
  play: says(
    ({ errors }) => errors.network,
    ({ device }) => device.retry,
  ),
}

const GuardedApp = () => (
  <SecondFactorGate
    footer={
      <button type="button" style={{ color: 'inherit', marginBlockStart: 16 }}>
        Sign out
      </button>
    }
  >
    <h1>The app</h1>
  </SecondFactorGate>
)

/** Sign-in of a user who must set up a second factor. */
export const gateEnrollment: Story = {
  args: { part: GuardedApp, gate: { state: 'enrollmentOwed' } },
  play: says(
    ({ gate }) => gate.enroll,
    ({ device }) => device.setUp,
  ),
}

const DUE = Date.UTC(2100, 0, 31, 12)
/** The same while the enrollment may be postponed. */
export const gateEnrollmentDue: Story = {
  args: { part: GuardedApp, gate: { state: 'enrollmentOwed', enrollBy: DUE } },
  play: says(({ gate, device }) => gate.enrollBy(device.time(new Date(DUE)))),
}

/** Sign-in of a user who has an app. */
export const gateCode: Story = {
  args: {
    part: GuardedApp,
    gate: { state: 'enrollmentOwed' },
    begin: async (world) => {
      await enrolled(world)
      await world.signInAgain()
    },
  },
  play: says(
    ({ challenge }) => challenge.title,
    ({ challenge }) => challenge.hint,
  ),
}

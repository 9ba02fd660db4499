import type { Meta, StoryObj } from '@storybook/react-vite'
import { generateSync } from 'otplib'
import { useEffect, useState } from 'react'
import { expect, waitFor, within } from 'storybook/test'
import { createTotpFlow, type TotpBackend, type TotpFlow, TotpFlowError } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { ar, de, en, type Messages } from 'totp-flow/messages'
import { DeviceCard, TotpChallenge, TotpFlowProvider } from 'totp-flow/react'

/** Every picture of the components three times over: light and English, dark and German, Arabic and narrow. */
interface LooksArgs {
  backend?: (real: TotpBackend) => Partial<TotpBackend>
  drive: (flow: TotpFlow) => Promise<void>
}

const looks = [
  { messages: en, colorScheme: 'light', width: 376 },
  { messages: de, colorScheme: 'dark', width: 376 },
  { messages: ar, colorScheme: 'light', width: 288 },
] as const

const Looks = (args: LooksArgs) => (
  <div style={{ display: 'flex', alignItems: 'start' }}>
    {looks.map((look) => (
      <Look key={look.messages.lang} {...look} {...args} />
    ))}
  </div>
)

function Look(given: LooksArgs & { messages: Messages; colorScheme: string; width: number }) {
  const { backend, drive, messages, colorScheme, width } = given
  const [flow, setFlow] = useState<TotpFlow>()
  useEffect(() => {
    const real = memoryBackend({ issuer: 'متجر & Söhne', account: 'זאב@example.com' })
    const running = createTotpFlow({ backend: { ...real, ...backend?.(real) } })
    setFlow(running)
    drive(running)
    return () => running.stop()
  }, [backend, drive])
  if (!flow) return null
  return (
    <TotpFlowProvider flow={flow} messages={messages}>
      <div className={`look ${colorScheme}`} style={{ width }}>
        <DeviceCard />
        <TotpChallenge />
      </div>
    </TotpFlowProvider>
  )
}

async function ready(flow: TotpFlow) {
  await flow.waitFor(({ device, busy }) => device !== undefined && !busy)
}

async function register(flow: TotpFlow): Promise<string> {
  await ready(flow)
  flow.register()
  const { registration } = await flow.waitFor(({ state }) => state === 'awaitingCode')
  return registration?.unseal().secret ?? ''
}

async function enroll(flow: TotpFlow) {
  const secret = await register(flow)
  flow.submitCode(generateSync({ secret }))
  await flow.waitFor(({ state }) => state === 'elevated')
}

const meta = { title: 'Components', component: Looks, args: { drive: ready } } satisfies Meta<typeof Looks>
export default meta
type Story = StoryObj<typeof meta>

/** Waits until all three say it. */
const says =
  (...words: ((messages: Messages) => string)[]): Story['play'] =>
  async ({ canvasElement }) => {
    for (const { messages } of looks) {
      for (const word of words) {
        await waitFor(() => expect(within(canvasElement).getByText(word(messages))).toBeVisible())
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
  args: {
    drive: async (flow) => {
      await register(flow)
    },
  },
  play: says(
    ({ enrollment }) => enrollment.scanHint,
    ({ code }) => code.note,
  ),
}

export const wrongCode: Story = {
  args: {
    backend: () => ({ authenticateTotpMfaDevice: () => Promise.reject(new TotpFlowError('invalid_code')) }),
    drive: async (flow) => {
      await register(flow)
      flow.submitCode('123456')
    },
  },
  play: says(({ errors }) => errors.invalid_code),
}

export const throttled: Story = {
  args: {
    backend: () => ({
      authenticateTotpMfaDevice: () =>
        Promise.reject(new TotpFlowError('rate_limited', { retryAt: Date.now() + 299_500 })),
    }),
    drive: async (flow) => {
      await register(flow)
      flow.submitCode('123456')
    },
  },
  play: says(
    ({ errors }) => errors.rate_limited,
    ({ code }) => code.wait(299),
  ),
}

export const on: Story = {
  args: { drive: enroll },
  play: says(
    ({ device }) => device.on,
    ({ recovery }) => recovery.keep,
    ({ device }) => device.remove,
  ),
}

export const challenge: Story = {
  args: {
    drive: async (flow) => {
      await enroll(flow)
      flow.stepUp(['wallet:export'])
    },
  },
  play: says(
    ({ challenge }) => challenge.hint,
    ({ code }) => code.useRecoveryCode,
  ),
}

export const unavailable: Story = {
  args: { backend: () => ({ getMfaDevices: () => Promise.reject(new TotpFlowError('network')) }) },
  play: says(
    ({ errors }) => errors.network,
    ({ device }) => device.retry,
  ),
}

import { generateSync } from 'otplib'
import { Profiler, type ReactNode, StrictMode } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { createTotpFlow, type TotpBackend, type TotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import type { Messages } from 'totp-flow/messages'
import { TotpFlowProvider } from 'totp-flow/react'
import { page } from 'vitest/browser'

export interface Rendered {
  flow: TotpFlow
  root: Root
  container: HTMLElement
  /** How often React changed the page. */
  commits(): number
  unmount(): void
}

interface Given {
  backend?: (real: TotpBackend) => Partial<TotpBackend>
  messages?: Messages
  issuer?: string
  account?: string
  strict?: boolean
}

/** Some interface over the real service in this page. */
export function renderFlow(ui: ReactNode, given: Given = {}): Rendered {
  const { backend, messages, strict = true, ...names } = given
  const real = memoryBackend(names)
  const flow = createTotpFlow({ backend: { ...real, ...backend?.(real) } })
  const container = document.createElement('main')
  document.body.replaceChildren(container)
  const root = createRoot(container)
  let commits = 0
  const tree = (
    <Profiler
      id="ui"
      onRender={() => {
        commits += 1
      }}
    >
      <TotpFlowProvider flow={flow} {...(messages && { messages })}>
        {ui}
      </TotpFlowProvider>
    </Profiler>
  )
  root.render(strict ? <StrictMode>{tree}</StrictMode> : tree)
  return {
    flow,
    root,
    container,
    commits: () => commits,
    unmount() {
      root.unmount()
      flow.stop()
    },
  }
}

/** The code that an authenticator shows, so many steps of 30 seconds from now. */
export const codeOf = (secret: string, steps = 0) =>
  generateSync({ secret, epoch: Math.floor(Date.now() / 1000) + steps * 30 })

/** Starts an enrollment and gives its secret. */
export async function register(flow: TotpFlow): Promise<string> {
  await flow.waitFor(({ device, busy }) => device !== undefined && !busy)
  flow.register()
  const { registration } = await flow.waitFor(({ state }) => state === 'awaitingCode')
  return registration?.unseal().secret ?? ''
}

export async function enroll(flow: TotpFlow): Promise<string> {
  const secret = await register(flow)
  flow.submitCode(codeOf(secret))
  await flow.waitFor(({ state }) => state === 'elevated')
  return secret
}

export const button = (name: string) => page.getByRole('button', { name, exact: true })
export const codeField = () => page.getByRole('textbox', { name: '6-digit code' })

/** Copies the recovery codes, and says that they are saved. */
export async function saveCodes() {
  await button('Copy codes').click()
  await button('I have saved these codes').click()
}

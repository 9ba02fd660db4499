import { Profiler } from 'react'
import { createRoot } from 'react-dom/client'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { memoryBackend } from '../../src/memory/index.ts'
import { TotpEnrollment } from '../../src/react/components/totp-enrollment.tsx'
import { TotpFlowProvider } from '../../src/react/flow/provider.tsx'
import { authenticator } from '../../src/testing/authenticator.ts'
import type { CommitsRow } from './commits.ts'

/** Rendered in jsdom; see commits.ts. */
export async function enrollOnce(): Promise<CommitsRow> {
  const flow = createTotpFlow({ backend: memoryBackend(), tabs: false })
  const container = document.querySelector('main')
  if (!container) throw new Error('no page')
  const pages: string[] = []
  const root = createRoot(container)
  root.render(
    <Profiler id="enrollment" onRender={() => queueMicrotask(() => pages.push(container.innerHTML))}>
      <TotpFlowProvider flow={flow}>
        <TotpEnrollment />
      </TotpFlowProvider>
    </Profiler>,
  )
  const rendered = () => new Promise((resolve) => setTimeout(resolve, 50))
  await flow.waitFor(({ can }) => can.register)
  await rendered()
  flow.register()
  const { registration } = await flow.waitFor(({ state }) => state === 'awaitingCode')
  await rendered()
  flow.submitCode(authenticator(registration?.unseal().secret ?? '').code())
  await flow.waitFor(({ state }) => state === 'elevated')
  await rendered()
  flow.stop()
  root.unmount()
  if (pages.length === 0) throw new Error('React reported no commit: it is a production build')
  return {
    commits: pages.length,
    visibleChanges: pages.filter((page, index) => page !== pages[index - 1]).length,
  }
}

/** The pages that are listened to, up to the button that sets up. */
import type { Page } from 'playwright'
import { type DemoProcess, startDemo } from '../e2e/demo-process.ts'
import { serveOnLocalhost, withPage } from '../support/example-page.ts'
import type { Desktop } from './desktop.ts'
import type { Step } from './visit.ts'

interface Arrived {
  page: Page
  steps: Step[]
  isKept: boolean
  leave(): unknown
}
type Arrive = (desktop: Desktop) => Promise<Arrived>

async function signIn(desktop: Desktop, demo: DemoProcess): Promise<Arrived> {
  const page = await desktop.open(demo.url)
  await desktop.listen()
  await page.getByRole('button', { name: 'Continue as demo user' }).focus()
  await desktop.listen()
  desktop.press('Return')
  await page.getByText('No authenticator app yet').waitFor()
  const steps = [{ title: 'press “Continue as demo user”', said: await desktop.listen() }]
  return { page, steps, isKept: true, leave: () => demo.stop() }
}

export const faces: Record<string, Arrive> = {
  async 'React components'(desktop) {
    return signIn(desktop, await startDemo())
  },
  async '<totp-flow>'(desktop) {
    const demo = await startDemo()
    const { page, isKept, leave } = await signIn(desktop, demo)
    await page.goto(new URL('/element', demo.url).href)
    await page.getByText('No authenticator app yet').waitFor()
    await desktop.listen()
    return { page, steps: [], isKept, leave }
  },
  async 'a page over bindTotpFlow'(desktop) {
    const served = await serveOnLocalhost(
      await withPage('../test/heard/bound', (_request, response) => response.writeHead(404).end()),
    )
    const page = await desktop.open(served.origin)
    await desktop.listen()
    await desktop.listen() // a page without a server behind it may be read twice
    return { page, steps: [], isKept: false, leave: served.close }
  },
}

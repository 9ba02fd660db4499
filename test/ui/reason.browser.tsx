import 'totp-flow/theme.css'
import type { TotpFlow } from 'totp-flow'
import { flowAt } from 'totp-flow/testing'
import { expect, it, onTestFinished } from 'vitest'
import { page } from 'vitest/browser'
import { faces } from './faces.tsx'

/** Asks for a code for this reason, in 330 px. */
async function prompt(show: (flow: TotpFlow) => () => void, reason: string) {
  await page.viewport(330, 700)
  const flow = flowAt('idle.ready', { intent: 'stepUp' })
  onTestFinished(() => flow.stop())
  onTestFinished(show(flow))
  await expect.poll(() => flow.getView().can.stepUp).toBe(true)
  flow.stepUp(['wallet:export'], { reason })
  const purpose = page.getByText(reason)
  await expect.element(purpose).toBeVisible()
  return purpose.element()
}

it.each(faces)(
  'a reason in Arabic is laid out from right to left on an English page, in %s',
  async (_, show) => {
    const arabic = await prompt(show, 'إرسال 100 يورو إلى Bob')
    expect(getComputedStyle(arabic).direction).toBe('rtl')
  },
)

it.each(faces)('a reason with a long word breaks it and stays inside the dialog, in %s', async (_, show) => {
  const purpose = await prompt(show, `Sign ${'0123456789abcdef'.repeat(8)}`)
  const dialog = purpose.closest('dialog') ?? expect.unreachable('the reason is in no dialog')
  await expect.poll(() => purpose.scrollWidth - purpose.clientWidth).toBeLessThanOrEqual(0) // once styled
  expect(dialog.scrollWidth).toBeLessThanOrEqual(dialog.clientWidth)
})

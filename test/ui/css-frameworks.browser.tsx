/** The style sheets that pages load after the theme, and what the dialog looks like under them. */

import pico from '@picocss/pico/css/pico.css?raw'
import bootstrap from 'bootstrap/dist/css/bootstrap.css?raw'
import { createRoot } from 'react-dom/client'
import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { DeviceCard, StepUpDialog, TotpFlowProvider } from 'totp-flow/react'
import 'totp-flow/theme.css'
import preflight from 'tailwindcss/preflight.css?raw'
import { expect, it, onTestFinished } from 'vitest'
import { page } from 'vitest/browser'
import { enroll } from '../react/render-flow.tsx'

const KEPT = [
  'display',
  'position',
  'width',
  'minHeight',
  'marginTop',
  'marginLeft',
  'paddingTop',
  'paddingLeft',
  'color',
  'backgroundColor',
  'borderTopColor',
  'borderTopWidth',
  'borderTopStyle',
  'borderTopLeftRadius',
  'boxShadow',
  'opacity',
] as const

/** How the dialog is drawn. */
function looks() {
  const style = getComputedStyle(document.querySelector('dialog') ?? document.body)
  return Object.fromEntries(KEPT.map((name) => [name, style[name]]))
}

it.each([
  ['Pico', pico],
  ['Bootstrap', bootstrap],
  ['Tailwind’s preflight', preflight],
])('the dialog looks as the theme says under %s, loaded after it', async (_name, css) => {
  const flow = createTotpFlow({ backend: memoryBackend(), tabs: false })
  const place = document.createElement('main')
  document.body.replaceChildren(place)
  document.body.style.cssText = 'font: 16px / 1.5 sans-serif; color: black; background: white; margin: 0'
  const root = createRoot(place)
  onTestFinished(() => {
    root.unmount()
    flow.stop()
    document.body.removeAttribute('style')
  })
  root.render(
    <TotpFlowProvider flow={flow}>
      <DeviceCard />
      <StepUpDialog />
    </TotpFlowProvider>,
  )
  await enroll(flow)
  flow.stepUp(['wallet:export'])
  await expect.element(page.getByRole('dialog')).toBeVisible()
  const isStill = () =>
    document.getAnimations().every(({ playState }) => playState === 'finished' || playState === 'idle')
  await expect.poll(isStill).toBe(true)
  const alone = looks()
  const style = document.head.appendChild(document.createElement('style'))
  style.textContent = css
  onTestFinished(() => style.remove())
  await expect.poll(isStill).toBe(true)
  expect(looks()).toEqual(alone)
})

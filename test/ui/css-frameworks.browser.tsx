/** The style sheets that pages load after the theme, and what every part looks like under them. */

import pico from '@picocss/pico/css/pico.css?raw'
import bootstrap from 'bootstrap/dist/css/bootstrap.css?raw'
import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import 'totp-flow/theme.css'
import preflight from 'tailwindcss/preflight.css?raw'
import { expect, it, onTestFinished } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { codeOf, register } from '../react/render-flow.tsx'
import { faces } from './faces.tsx'

/** A classic reset, and what careless pages say of every element of a kind. */
const RESET = `
  *, *::before, *::after { margin: 0; padding: 0; box-sizing: content-box }
  button, input { all: unset }
  p, label, summary { font-size: 22px; color: gray; text-transform: uppercase }
  ol, ul, li { list-style: square; display: list-item; float: left }
  svg { width: 1em; height: 1em; fill: red }
  details { border: 1px solid }
  dialog { background: none; padding: 0; max-width: none; opacity: 0; visibility: hidden; translate: 0 -120vh; filter: blur(3px) }
  section { min-height: 100vh; padding: 6rem 2rem; display: flex; align-items: center; font-size: 2rem }
  body { text-transform: uppercase; white-space: nowrap; text-indent: 2em }
  input:not([type=checkbox]):not([type=radio]):not([type=range]):not([type=file]):focus-visible { background: yellow }
`
const sheets: [name: string, css: string][] = [
  ['Pico', pico],
  ['Bootstrap', bootstrap],
  ['Tailwind’s preflight', preflight],
  ['Tailwind’s preflight without a layer', preflight.replace(/@layer [^{;]+\{/, '@media all {')],
  ['a careless reset', RESET],
  ['a rule that unsets everything', '* { all: unset }'],
  [
    'rules for the elements in a sentence',
    'span, time { color: red; background: yellow; font: 900 30px serif; display: block }',
  ],
]

/** What a person does not see, what follows from the rest, and how a page has text in general, which the theme leaves to it. */
const UNSEEN =
  /^(-webkit-|transition|animation|cursor|caret|tab-size|text-size|perspective|transform-origin|inline-size|block-size|text-(rendering|underline)|letter-spacing|overflow-wrap|color-scheme|border-(top|right|bottom|left)-style|background-(repeat|attachment)|box-sizing|appearance|overflow-anchor|line-break|hyphens|outline-(color|style|width|offset)|touch-action|align-items|justify-content|z-index|unicode-bidi|user-select|border-(block|inline)|margin-(block|inline)|padding-(block|inline)|inset-(block|inline)|(max|min)-(block|inline)|interactivity|pointer-events|scroll)/

/** How each part is drawn, by its name. */
function looks(): Map<string, string> {
  const parts = [...document.querySelectorAll<HTMLElement>('[data-totp], [data-totp] *')]
  const seen = parts.filter((one) => one.checkVisibility() && !one.closest('[part~=unseen], defs, symbol'))
  return new Map(
    seen.flatMap((one, index) => {
      const style = getComputedStyle(one)
      const name = `${index} ${one.getAttribute('part') ?? one.localName} “${one.textContent?.slice(0, 20)}”`
      return [...style]
        .filter((property) => !UNSEEN.test(property) && !property.startsWith('--'))
        .map((property): [string, string] => [`${name}: ${property}`, style.getPropertyValue(property)])
    }),
  )
}
/** Whether the page has come to rest under a sheet. */
const isStill = () =>
  document.getAnimations().every(({ playState }) => playState === 'finished' || playState === 'idle')

const [react] = faces
async function stage() {
  const flow = createTotpFlow({ backend: memoryBackend(), tabs: false })
  document.body.style.cssText =
    'font: 16px / 1.5 sans-serif; color: black; background: white; margin: 0; letter-spacing: normal'
  const hide = react?.[1](flow)
  onTestFinished(() => {
    hide?.()
    flow.stop()
    document.body.removeAttribute('style')
  })
  await flow.settled()
  const sheet = document.head.appendChild(document.createElement('style'))
  onTestFinished(() => sheet.remove())
  return { flow, sheet }
}

it.each(sheets)('every part looks as the theme says under %s, loaded after it', async (_name, css) => {
  const { flow, sheet } = await stage()
  const looksAsBefore = async () => {
    sheet.textContent = ''
    await expect.poll(isStill).toBe(true)
    const alone = looks()
    sheet.textContent = css
    await expect.poll(isStill).toBe(true)
    const changed = [...looks()].filter(([name, value]) => alone.get(name) !== value)
    expect(changed.map(([name, value]) => `${name}: ${value}, not ${alone.get(name)}`)).toEqual([])
  }
  await looksAsBefore()
  const secret = await register(flow)
  await looksAsBefore()
  await page.getByText('Can’t scan?').click()
  await looksAsBefore()
  const buttons = () => [...document.querySelectorAll<HTMLElement>('[part~=button]')]
  for (const button of buttons().filter((one) => one.checkVisibility())) {
    button.focus()
    await looksAsBefore()
    await userEvent.hover(button)
    await looksAsBefore()
  }
  flow.submitCode('888888')
  await flow.settled()
  await looksAsBefore()
  flow.submitCode(codeOf(secret))
  await flow.waitFor(({ state }) => state === 'elevated')
  await looksAsBefore()
  flow.stepUp(['wallet:export'])
  await expect.element(page.getByRole('dialog')).toBeVisible()
  await looksAsBefore()
})

/** Important rules of a page that takes something away from every element. */
const IMPORTANT: [what: string, css: string][] = [
  ['outlines', '* { outline: none !important }'],
  ['margins', '* { margin: 0 !important; padding: 0 !important }'],
]
it.each(IMPORTANT)(
  'a page that resets all %s keeps the dialog centered and focus visible',
  async (_what, css) => {
    const { flow, sheet } = await stage()
    const secret = await register(flow)
    flow.submitCode(codeOf(secret))
    await flow.waitFor(({ state }) => state === 'elevated')
    flow.stepUp(['wallet:export'])
    const dialog = page.getByRole('dialog')
    await expect.element(dialog).toBeVisible()
    sheet.textContent = css
    await expect.poll(isStill).toBe(true)
    const { left, right, top } = dialog.element().getBoundingClientRect()
    expect(Math.abs(left - (innerWidth - right))).toBeLessThan(2)
    expect(top).toBeGreaterThan(innerHeight / 10)
    await userEvent.keyboard('{Tab}')
    const { outlineStyle, boxShadow } = getComputedStyle(document.activeElement ?? document.body)
    expect(outlineStyle === 'solid' || boxShadow.includes('5px')).toBe(true)
  },
)

/** Style sheets of pages, which know nothing of what stands in them. */
import { createTotpFlow, type TotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import 'totp-flow/theme.css'
import { bindTotpFlow } from 'totp-flow/vanilla'
import { describe, expect, it, onTestFinished } from 'vitest'
import { page } from 'vitest/browser'
import { enroll, register } from '../react/render-flow.tsx'
import { faces } from './faces.tsx'

const HTML = ['loading', 'none', 'enrolling', 'on', 'challenge', 'recovery-codes']
  .map((name) => `<div class="row" data-totp-show="${name}">${name}</div>`)
  .join('')

function styled(css: string) {
  const style = document.head.appendChild(document.createElement('style'))
  style.textContent = css
  onTestFinished(() => style.remove())
}
function start() {
  const flow = createTotpFlow({ backend: memoryBackend(), tabs: false })
  onTestFinished(() => flow.stop())
  return flow
}

const sheets: [name: string, css: string][] = [
  ['a class that sets display', '.row { display: flex }'],
  ['an important class', '.row { display: flex !important }'],
  ['an important rule for what is hidden', '[hidden] { display: block !important }'],
  ['an important rule in a layer', '@layer host { #page .row { display: grid !important } }'],
  ['a rule for every child', '#page > * { display: block } * { display: flex }'],
]

it.each(sheets)(
  'bindTotpFlow shows the current state alone under %s, and as the page lays it out',
  async (_name, css) => {
    styled(css)
    const flow = start()
    const root = document.createElement('main')
    root.id = 'page'
    root.innerHTML = `${HTML}<div data-totp-show="none" style="display: inline-grid">own</div>`
    document.body.replaceChildren(root)
    onTestFinished(bindTotpFlow(root, flow))
    const seen = () => [...root.children].filter((one) => one.checkVisibility()).map((one) => one.textContent)
    expect(seen()).toEqual(['loading'])
    await flow.settled()
    expect(seen()).toEqual(['none', 'own'])
    expect((root.lastElementChild as HTMLElement).style.display).toBe('inline-grid')
    await register(flow)
    expect(seen()).toEqual(['enrolling'])
    flow.cancel()
    await flow.settled()
    await enroll(flow)
    expect(seen()).toEqual(['on', 'recovery-codes'])
  },
)

describe.each(faces)('%s', (_name, show) => {
  it('a dialog that is closed is not seen, whatever the page makes of dialogs', async () => {
    styled('dialog { display: grid !important } dialog:not([open]) { display: flex }')
    const flow: TotpFlow = start()
    onTestFinished(show(flow))
    await enroll(flow)
    const dialog = () => (document.querySelector('totp-flow')?.shadowRoot ?? document).querySelector('dialog')
    await expect.poll(() => dialog()?.checkVisibility()).toBe(false)
    flow.stepUp(['wallet:export'])
    await expect.element(page.getByRole('dialog', { name: 'Confirm it’s you' })).toBeVisible()
    flow.cancel()
    await expect.poll(() => dialog()?.checkVisibility()).toBe(false)
  })

  it('a page that puts something before the items of its lists puts nothing before recovery codes', async () => {
    styled('ol > li::before { content: "# " } li::after { content: ";" }')
    const flow = start()
    onTestFinished(show(flow))
    await enroll(flow)
    const code = () =>
      (document.querySelector('totp-flow')?.shadowRoot ?? document).querySelector('[part~=code-list] li')
    await expect.poll(() => code()?.checkVisibility()).toBe(true)
    const item = code() as Element
    expect(['::before', '::after'].map((one) => getComputedStyle(item, one).content)).toEqual([
      'none',
      'none',
    ])
  })
})

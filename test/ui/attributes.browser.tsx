import { createRoot } from 'react-dom/client'
import { createTotpFlow, type TotpBackend, TotpFlowError, type TotpFlowOptions } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { ar } from 'totp-flow/messages'
import { DeviceCard, StepUpDialog, TotpEnrollment, TotpFlowProvider } from 'totp-flow/react'
import 'totp-flow/theme.css'
import { describe, expect, it, onTestFinished } from 'vitest'
import { page } from 'vitest/browser'
import { button, codeOf, enroll, register } from '../react/render-flow.tsx'
import { boundPage, type Face, faces } from './faces.tsx'

/** What an element says of itself, beyond its words. Live regions have a test of their own. */
const NAMES = [
  'role',
  'lang',
  'dir',
  'translate',
  'tabindex',
  'aria-label',
  'aria-current',
  'aria-hidden',
  'aria-invalid',
  'autocomplete',
  'inputmode',
  'autocapitalize',
  'spellcheck',
  'enterkeyhint',
]
/** Parts that speak by themselves, or say no more than the state. */
const OTHERS =
  /^(announcement|status|error|countdown|copy-note|keep-note|unseen|device-status|none|on|codes-place)\b/

const tree = (): ParentNode => document.querySelector('totp-flow')?.shadowRoot ?? document
const visible = (selector: string) =>
  [...tree().querySelectorAll<HTMLElement>(selector)].filter((one) => one.checkVisibility())

/** The words that are there for a reader. */
const wordsOf = (node: Node): string =>
  node instanceof HTMLElement && !node.checkVisibility()
    ? ''
    : node instanceof Text
      ? node.data
      : [...node.childNodes].map(wordsOf).join('')

function pointedAt(element: Element, name: string): string[] {
  const ids = element.getAttribute(name)?.split(' ') ?? []
  const words = ids
    .map((id) => tree().querySelector(`[id="${id}"]`))
    .map((one) => (one ? wordsOf(one).trim() : ''))
  return words.some(Boolean) ? [`${name}="${words.filter(Boolean).join(' ')}"`] : []
}
function described(element: HTMLElement): string {
  const own = NAMES.filter((name) => element.hasAttribute(name))
    .filter((name) => !/^(status|alert)$/.test(element.getAttribute(name) ?? ''))
    .map((name) => `${name}="${element.getAttribute(name)}"`)
  const pointing = ['aria-labelledby', 'aria-describedby', 'aria-errormessage'].flatMap((name) =>
    pointedAt(element, name),
  )
  return [[...element.part].join(' '), ...own, ...pointing].join(' ')
}
/** Every part on the screen, sorted: the parts of two faces need not stand in one order. */
function sheet(): string[] {
  const parts = visible('[part]:not([part=""])').filter((one) => !OTHERS.test([...one.part].join(' ')))
  const own = parts.filter((one) => one.closest('dialog') === null || !one.part.contains('root'))
  // In React it may stand alone, and says the language for itself; it takes its name from its title, or has the same words.
  const isNamed = /^(recovery-codes).* aria-label(?:ledby)?=/
  return [...new Set(own.map((one) => described(one).replace(isNamed, '$1 aria-labelledby=')))].sort()
}
const shows = (...parts: string[]) => expect.poll(sheet).toEqual([...parts].sort())

const ROOT = 'root lang="en" dir="ltr" tabindex="-1" aria-label="Authenticator app"'
const STEPS = ['steps aria-label="Steps"', 'step', 'step aria-current="step"']
const NOTE = 'Your app shows a new code every 30 seconds.'
const SENT = `${NOTE} It is sent once complete.`
const APP_FIELD =
  'dir="ltr" aria-invalid="false" autocomplete="one-time-code" inputmode="numeric" autocapitalize="none" spellcheck="false" enterkeyhint="go"'
const SCAN = 'Scan this with your authenticator app, then enter the 6-digit code that it shows.'
const FORM = ['code-form', 'code-label', 'notes', 'actions', 'button submit primary', 'button cancel']
const KEY = [
  'setup-key',
  'cant-scan',
  'unfold',
  'by-hand',
  'key-label',
  'setup-key-row',
  'key role="group" dir="ltr" translate="no" aria-labelledby="Setup key"',
  'button copy aria-describedby="Setup key"',
]
const PICTURE = ['hint', 'button deep-link', 'qr-code role="img" aria-label="QR code"', ...KEY]
const ON = [ROOT, 'shield aria-hidden="true"', 'since', 'remove-row', 'button remove danger']
const DONE = ['steps aria-label="Steps"', 'step done', 'step done aria-current="step"']

function start(show: Face[1], methods: Partial<TotpBackend> = {}, options: Partial<TotpFlowOptions> = {}) {
  const flow = createTotpFlow({ backend: { ...memoryBackend(), ...methods }, tabs: false, ...options })
  const hide = show(flow)
  onTestFinished(() => {
    hide()
    flow.stop()
  })
  return flow
}
const press = (part: string) => visible(`[part~=${part}]`).at(-1)?.click()

describe.each(faces)('%s', (_name, show) => {
  it('every part of the card says what it is to assistive technology before an app is set up', async () => {
    const answers: [() => void, () => void][] = []
    const flow = start(show, {
      getMfaDevices: () =>
        new Promise((resolve, reject) => {
          answers.push([() => resolve([]), () => reject(new TotpFlowError('network'))])
        }),
    })
    await shows(ROOT, 'skeleton aria-hidden="true"')
    answers[0]?.[1]()
    await shows(ROOT, 'button retry primary')
    press('retry')
    await shows(ROOT, 'skeleton aria-hidden="true"')
    answers[1]?.[0]()
    await shows(ROOT, 'shield aria-hidden="true"', 'hint', 'button set-up primary')
    flow.stop()
  })

  it('every part of an enrollment says what it is to assistive technology, autofill and translators', async () => {
    const flow = start(show)
    const secret = await register(flow)
    const field = `code-field app ${APP_FIELD}`
    await shows(ROOT, ...STEPS, ...PICTURE, ...FORM, 'note', `${field} aria-describedby="${SCAN} ${SENT}"`)
    expect(tree().querySelector('[part~=deep-link]')?.getAttribute('href')).toMatch(/^otpauth:/)
    const refused = field.replace('aria-invalid="false"', 'aria-invalid="true"')
    flow.submitCode('000000')
    const wrong = 'That code didn’t match. Wait for the next one and try again.'
    await shows(
      ROOT,
      ...STEPS,
      ...PICTURE,
      ...FORM,
      `${refused} aria-describedby="${SCAN}" aria-errormessage="${wrong}"`,
    )
    await flow.settled()
    flow.submitCode('000001')
    await shows(
      ROOT,
      ...STEPS,
      ...PICTURE,
      ...FORM,
      'help',
      `${refused} aria-describedby="${SCAN}" aria-errormessage="${wrong}"`,
    )
    flow.submitCode(codeOf(secret))
    await shows(
      ...ON,
      'steps aria-label="Steps"',
      'step done',
      'step aria-current="step"',
      'recovery-codes aria-labelledby="Save your recovery codes"',
      'title',
      'hint',
      'code-list dir="ltr" translate="no" aria-label="Recovery codes"',
      'row',
      'button copy',
      'button download',
      'button print',
      'button keep primary aria-describedby="Copy, download or print the codes first."',
    )
    await flow.acknowledgeRecoveryCodes()
    const left = 'recovery-codes aria-labelledby="Recovery codes left: 10"'
    await shows(...ON, ...DONE, left, 'title', 'hint', 'choices', 'button renew')
  })

  it('every part of an enrollment that goes on after a reload says what it is', async () => {
    const backend = memoryBackend()
    const before = createTotpFlow({ backend, tabs: false })
    await register(before)
    const restore = before.persist()
    before.stop()
    const checking = { authenticateTotpMfaDevice: () => new Promise<never>(() => {}) }
    const flow = start(show, { ...backend, ...checking }, { restore })
    const resumed = ['steps aria-label="Steps"', 'step', 'step done', 'step aria-current="step"']
    const again =
      'If you scanned the QR code already, enter the 6-digit code that your app shows. If not, start over with a new QR code.'
    const field = `code-field app ${APP_FIELD} aria-describedby="${again}`
    const all = [ROOT, ...resumed, 'hint', 'button start-over link', ...FORM]
    await shows(...all, 'note', `${field} ${SENT}"`)
    expect(visible('[part~=hint]').map(wordsOf).join()).toMatch(/start over/)
    expect(tree().querySelector('[href^="otpauth:"], [part~=qr-code] path')).toBeNull()
    flow.submitCode('123456')
    await flow.waitFor(({ state }) => state === 'verifying')
    await shows(...all, `${field}"`)
  })

  it('every part of the card and of the dialog says what it is to assistive technology, autofill and translators', async () => {
    const backend = memoryBackend()
    const before = createTotpFlow({ backend, tabs: false })
    await enroll(before)
    before.stop()
    const flow = start(show, backend)
    const left = 'recovery-codes aria-labelledby="Recovery codes left: 10"'
    const card = [...ON, 'subtitle', left, 'title', 'choices', 'button renew', 'button keep']
    const unsaved = 'hint unsaved'
    await shows(...card, unsaved)
    flow.stepUp(['wallet:export'], { reason: 'Send €100 to Bob' })
    const dialog = ['code-form', 'hint', 'code-label', 'notes', 'note', 'actions', 'button submit primary']
    const buttons = ['button cancel', 'button switch-method link']
    const asks = (how: string) =>
      `dialog aria-labelledby="Confirm it’s you" aria-describedby="Send €100 to Bob ${how}"`
    const byApp = asks(`Enter the 6-digit code from your authenticator app to continue. ${SENT}`)
    const byCode = asks('Enter one of the recovery codes that you saved. Each recovery code works once.')
    const field = `code-field app ${APP_FIELD} aria-describedby="${SENT}"`
    const purpose = 'purpose dir="auto"'
    await shows(...card, unsaved, byApp, purpose, ...dialog, ...buttons, field)
    press('switch-method')
    const other =
      'code-field recovery dir="ltr" aria-invalid="false" autocomplete="off" inputmode="text" autocapitalize="none" spellcheck="false" enterkeyhint="go" aria-describedby="Each recovery code works once."'
    await shows(...card, unsaved, byCode, purpose, ...dialog, ...buttons, other)
    flow.cancel()
    flow.deleteDevice()
    const removes = `dialog aria-labelledby="Remove authenticator app" aria-describedby="Enter the 6-digit code from the app that you are about to remove. ${NOTE}"`
    await shows(...card, unsaved, removes, ...dialog, ...buttons, field.replace(SENT, NOTE))
  })

  it('a prompt in a dialog is named once, by the dialog', async () => {
    const flow = start(show)
    await enroll(flow)
    flow.stepUp(['wallet:export'])
    const dialog = page.getByRole('dialog', { name: 'Confirm it’s you' })
    await expect.element(dialog.getByRole('textbox')).toBeVisible()
    expect(dialog.getByRole('region').elements()).toEqual([])
  })

  it('a button is busy while its call is under way, and the card around it is not', async () => {
    let answer = () => {}
    const flow = start(show, {
      registerTotpMfaDevice: () =>
        new Promise((_resolve, reject) => {
          answer = () => reject(new TotpFlowError('network'))
        }),
    })
    const busy = () => visible('[aria-busy=true]').map(({ part }) => part.value)
    await expect.element(button('Set up authenticator app')).toBeVisible()
    expect(busy()).toEqual([])
    flow.register()
    await expect.poll(busy).toEqual(['button set-up primary'])
    answer()
    await expect.poll(busy).toEqual([])
  })
})

it.each([...faces, boundPage])('%s lets nobody translate a secret or a code', async (_name, show) => {
  const flow = start(show)
  const secret = await register(flow)
  const holding = (text: string) =>
    visible('*').filter((one) => one.textContent?.replaceAll(' ', '') === text && one.textContent !== '')
  await expect.poll(() => holding(secret).length).toBeGreaterThan(0)
  for (const one of holding(secret)) expect(one.closest('[translate=no]')).not.toBeNull()
  flow.submitCode(codeOf(secret))
  const { recoveryCodes } = await flow.waitFor((view) => view.recoveryCodes !== null)
  const codes = recoveryCodes?.unseal() ?? []
  await expect.poll(() => holding(codes[0] ?? '').length).toBeGreaterThan(0)
  for (const code of codes)
    for (const one of holding(code)) expect(one.closest('[translate=no]')).not.toBeNull()
})

it('the code field of a page over bindTotpFlow says what it accepts, for each kind of code', async () => {
  const flow = start(boundPage[1])
  await enroll(flow)
  flow.deleteDevice()
  const field = () => visible('input').map(described)
  await expect.poll(field).toEqual([`app ${APP_FIELD} aria-describedby="${NOTE}"`])
  await button('Use a recovery code instead').click()
  await expect
    .poll(field)
    .toEqual([
      'recovery dir="ltr" aria-invalid="false" autocomplete="off" inputmode="text" autocapitalize="none" spellcheck="false" enterkeyhint="go" aria-describedby="Each recovery code works once."',
    ])
})

const withWords: Face[1] = (flow) => {
  const container = document.createElement('main')
  document.body.replaceChildren(container)
  const root = createRoot(container)
  root.render(
    <TotpFlowProvider flow={flow} messages={ar}>
      <DeviceCard />
      <StepUpDialog />
    </TotpFlowProvider>,
  )
  return () => root.unmount()
}
const elementWithWords: Face[1] = (flow) => {
  const element = document.createElement('totp-flow')
  element.messages = ar
  element.flow = flow
  document.body.replaceChildren(element)
  return () => element.remove()
}
it.each([
  ['the React components', withWords],
  ['<totp-flow>', elementWithWords],
] as Face[])('%s says its language and direction wherever it has words', async (_name, show) => {
  const flow = start(show)
  await enroll(flow)
  flow.stepUp(['wallet:export'])
  await expect
    .poll(() => visible('dialog h2').map(({ textContent }) => textContent))
    .toEqual([ar.challenge.title])
  for (const one of visible('h2, label, [part~=submit], [part~=hint], [part~=keep]')) {
    expect(one.closest('[lang]')?.getAttribute('lang')).toBe('ar')
    expect(getComputedStyle(one).direction).toBe('rtl')
  }
  expect(getComputedStyle(visible('ol[part=code-list]')[0] as Element).direction).toBe('ltr')
})

it('<TotpEnrollment> shows each step and no more, and says what it is', async () => {
  const answers: [() => void, () => void][] = []
  const flow = start(
    (given) => {
      const container = document.createElement('main')
      document.body.replaceChildren(container)
      const root = createRoot(container)
      root.render(
        <TotpFlowProvider flow={given}>
          <TotpEnrollment />
        </TotpFlowProvider>,
      )
      return () => root.unmount()
    },
    {
      getMfaDevices: () =>
        new Promise((resolve, reject) => {
          answers.push([() => resolve([]), () => reject(new TotpFlowError('network'))])
        }),
    },
  )
  await shows(ROOT, 'skeleton aria-hidden="true"')
  answers[0]?.[1]()
  await shows(ROOT, 'button retry primary')
  expect(document.body.textContent).toMatch(/couldn’t reach the server/)
  press('retry')
  answers[1]?.[0]()
  await shows(ROOT, 'shield aria-hidden="true"', 'hint', 'button set-up primary')
  const secret = await register(flow)
  const field = `code-field app ${APP_FIELD} aria-describedby="${SCAN} ${SENT}"`
  await shows(ROOT, ...STEPS, ...PICTURE, ...FORM, 'note', field)
  flow.submitCode(codeOf(secret))
  const on = [ROOT, 'shield aria-hidden="true"', 'since']
  const codes = 'recovery-codes aria-labelledby="Save your recovery codes"'
  const list = 'code-list dir="ltr" translate="no" aria-label="Recovery codes"'
  const ways = ['row', 'button copy', 'button download', 'button print']
  const keep = 'button keep primary aria-describedby="Copy, download or print the codes first."'
  const steps = ['steps aria-label="Steps"', 'step done', 'step aria-current="step"']
  await shows(...on, ...steps, codes, 'title', 'hint', list, ...ways, keep)
  await flow.acknowledgeRecoveryCodes()
  await shows(...on, ...DONE)
})

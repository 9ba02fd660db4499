/** Each attribute of a bound page alone, over a flow that stands where a test puts it. */
import type { MfaDevice, TotpFlow } from 'totp-flow'
import { en } from 'totp-flow/messages'
import { bindTotpFlow } from 'totp-flow/vanilla'
import { expect, it, onTestFinished, vi } from 'vitest'
import { Sealed } from '../../src/contract/sealed.ts'
import { codeFieldAttributes } from '../../src/ui/code-field-attributes.ts'
import type { SignInGate } from '../../src/ui/gate.ts'
import { type Changes, shownFlow } from '../ui/views.ts'

const device: MfaDevice = { id: 'd1', type: 'totp', verified: true, createdAt: '2026-01-01T00:00:00.000Z' }
const can = { register: true, stepUp: true, deleteDevice: true, cancel: true, refresh: true }
const on: Changes = { state: 'idle', detail: 'ready', busy: false, device, offersRecovery: true, can }
const none: Changes = { ...on, device: null }
const asks: Changes = { ...on, state: 'awaitingCode', showsCodeField: true, intent: 'stepUp' }
const recoveryCodes = Sealed.of<readonly string[]>(['aaaaa-11111', 'bbbbb-22222'])
const registration = Sealed.of({
  id: 'd1',
  secret: 'JBSWY3DPEHPK3PXP',
  uri: 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP',
})
const enrolling: Changes = { ...asks, device: null, intent: 'enroll', registration }

function bound(
  html: string,
  view: Changes = on,
  options: { gate?: SignInGate; more?: Partial<TotpFlow> } = {},
) {
  const around = document.createElement('main')
  const root = document.createElement('div')
  root.innerHTML = html
  around.append(root)
  document.body.replaceChildren(around)
  const shown = shownFlow(view)
  const { gate, more } = options
  const unbind = bindTotpFlow(root, Object.assign(shown.flow, more), { ...(gate && { gate }) })
  onTestFinished(() => {
    unbind()
    document.body.replaceChildren()
  })
  const find = <Found extends HTMLElement = HTMLElement>(selector: string) =>
    root.querySelector(selector) as Found
  return { ...shown, root, around, unbind, find }
}
const FORM = `<div data-totp-do="submit-code"><input name="code" autofocus><button>Verify</button><button type="button">More</button></div>`

it.each<[html: string, view: Changes, asked: unknown[]]>([
  ['<button data-totp-do="register">', none, ['register']],
  ['<button data-totp-do="enroll-at-gate">', none, ['register']],
  ['<button data-totp-do="delete">', on, ['deleteDevice', { confirm: false }]],
  [
    '<button data-totp-do="delete"></button><i data-totp-do="confirm-delete"></i>',
    on,
    ['deleteDevice', { confirm: true }],
  ],
  ['<button data-totp-do="confirm-delete">', on, ['deleteDevice']],
  ['<button data-totp-do="cancel">', on, ['cancel']],
  ['<button data-totp-do="refresh">', on, ['refresh']],
  [
    '<button data-totp-do="step-up" data-totp-scopes=" wallet:export  wallet:sign " data-totp-reason="Send €100">',
    on,
    ['stepUp', ['wallet:export', 'wallet:sign'], { reason: 'Send €100' }],
  ],
  ['<button data-totp-do="step-up">', on, ['stepUp', [], { reason: undefined }]],
])('a press on %s runs its verb once', (html, view, expected) => {
  const { find, asked, unbind } = bound(html, view)
  find('button').click()
  expect(asked).toEqual([expected])
  unbind()
  find('button').click()
  expect(asked).toEqual([expected])
})

it.each(['register', 'enroll-at-gate', 'delete', 'cancel', 'refresh', 'step-up'])(
  '%s does nothing while the chart would refuse it, and says so',
  (verb) => {
    const refused = { register: false, stepUp: false, deleteDevice: false, cancel: false, refresh: false }
    const { find, asked } = bound(`<button disabled data-totp-do="${verb}">`, { ...on, can: refused })
    expect([find<HTMLButtonElement>('button').disabled, find('button').ariaDisabled]).toEqual([false, 'true'])
    find('button').click()
    expect(asked).toEqual([])
  },
)

it.each(['', 'toString', 'nothing-known'])(
  'a button whose data-totp-do is "%s" does nothing, and is enabled',
  (verb) => {
    const { find, asked } = bound(`<button data-totp-do="${verb}">`)
    expect([find('button').ariaDisabled, find('button').ariaBusy]).toEqual([null, 'false'])
    find('button').click()
    expect(asked).toEqual([])
  },
)

it('a page bound with a gate enrolls at the gate', () => {
  const enroll = vi.fn()
  const gate: SignInGate = { getState: () => 'open', subscribe: () => () => {}, enroll }
  const { find, asked } = bound(
    '<button data-totp-do="enroll-at-gate"></button><i data-totp-show="gate-open">',
    none,
    { gate },
  )
  expect(find('i').hidden).toBe(false)
  find('button').click()
  expect(enroll).toHaveBeenCalledTimes(1)
  expect(asked).toEqual([])
})

it('a click on a button’s content counts, and a click next to the button does not', () => {
  const { find, root, asked } = bound('<button data-totp-do="register"><b>Set up</b></button><i></i>', none)
  find('b').click()
  expect(asked).toEqual([['register']])
  find('i').click()
  root.click()
  expect(asked).toHaveLength(1)
})

it('a click in a form outside its button submits nothing', () => {
  const { find, asked } = bound(FORM, asks)
  find('[type=button]').click()
  find('input').click()
  expect(asked).toEqual([])
  expect(document.activeElement).not.toBe(find('[type=button]'))
})

const key = (type: string, name = 'Enter', more: KeyboardEventInit = {}) =>
  new KeyboardEvent(type, { key: name, bubbles: true, cancelable: true, ...more })
it.each<[what: string, event: () => Event, where: string, isHeard: boolean]>([
  ['Enter', () => key('keydown'), 'input', false],
  ['Enter as it is pressed', () => key('keypress'), 'input', false],
  ['Enter that ends a composition', () => key('keydown', 'Enter', { isComposing: true }), 'input', true],
  ['a letter', () => key('keydown', 'a'), 'input', true],
  ['a letter as it is pressed', () => key('keypress', 'a'), 'input', true],
  ['Enter', () => key('keydown'), '[data-totp-do=cancel]', false],
  ['Enter as it is pressed', () => key('keypress'), '[data-totp-do=cancel]', false],
  ['Enter', () => key('keydown'), '#theirs', true],
  ['Enter as it is pressed', () => key('keypress'), '#theirs', true],
  ['input', () => new Event('input', { bubbles: true }), 'input', false],
  ['change', () => new Event('change', { bubbles: true }), 'input', false],
  ['input', () => new Event('input', { bubbles: true }), '#theirs', true],
  ['change', () => new Event('change', { bubbles: true }), '#theirs', true],
])('%s (%#) is heard by a page around only where it is its own', (_what, event, where, isHeard) => {
  const { find, around, unbind } = bound(
    `${FORM}<button data-totp-do="cancel"></button><input id="theirs">`,
    asks,
  )
  const hears = () => {
    const heard = vi.fn()
    const one = event()
    around.addEventListener(one.type, heard)
    find(where).dispatchEvent(one)
    around.removeEventListener(one.type, heard)
    return heard.mock.calls.length === 1
  }
  expect(hears()).toBe(isHeard)
  unbind()
  expect(hears()).toBe(true)
})

it.each([
  ['input', true],
  ['[data-totp-do=cancel]', true],
  ['#theirs', false],
])('the release of Enter on %s is kept from the page: %s', (where, isKept) => {
  const { find, around } = bound(`${FORM}<button data-totp-do="cancel"></button><input id="theirs">`, asks)
  const heard = vi.fn()
  around.addEventListener('keyup', heard)
  find(where).dispatchEvent(key('keydown'))
  find(where).dispatchEvent(key('keyup'))
  expect(heard).toHaveBeenCalledTimes(isKept ? 0 : 1)
  find(where).dispatchEvent(key('keyup'))
  expect(heard).toHaveBeenCalledTimes(isKept ? 1 : 2)
})

it('a <dialog> that is cancelled cancels what it asks for, and one of the page’s own does not', () => {
  const { find, asked, unbind } = bound('<dialog data-totp-dialog></dialog><dialog id="theirs"></dialog>', on)
  const cancel = (selector: string) => {
    const event = new Event('cancel', { cancelable: true })
    find(selector).dispatchEvent(event)
    return event.defaultPrevented
  }
  expect(cancel('#theirs')).toBe(false)
  expect(asked).toEqual([])
  expect(cancel('[data-totp-dialog]')).toBe(true)
  expect(asked).toEqual([['cancel']])
  unbind()
  expect(cancel('[data-totp-dialog]')).toBe(false)
  expect(asked).toEqual([['cancel']])
})

it('a translated text stays until the text changes, and an emptied one is written again', () => {
  const { find, show } = bound('<p data-totp-text="status"></p>', on)
  const text = find('p')
  expect(text.textContent).toBe(en.device.on)
  text.textContent = 'Authentifizierungs-App ist an'
  show({ ...on, busy: true })
  expect(text.textContent).toBe('Authentifizierungs-App ist an')
  text.textContent = ''
  show(on)
  expect(text.textContent).toBe(en.device.on)
  text.textContent = 'Authentifizierungs-App ist an'
  show(none)
  expect(text.textContent).toBe(en.device.none)
})

it('an unchanged text is not written again', async () => {
  const { find, show } = bound(
    '<p data-totp-text="status"></p><p data-totp-text="nothing-known">x</p><p data-totp-text>y</p><p data-totp-words="device.nothing">z</p><p data-totp-words="device">z</p><p data-totp-words="device.setUp.more">z</p>',
    on,
  )
  expect([...document.querySelectorAll('p')].slice(1).map(({ textContent }) => textContent)).toEqual([
    '',
    '',
    '',
    '',
    '',
  ])
  const written = new MutationObserver(() => {})
  written.observe(find('p'), { childList: true, characterData: true, subtree: true })
  show({ ...on, busy: true })
  expect(written.takeRecords()).toEqual([])
  show(none)
  expect(written.takeRecords()).toHaveLength(1)
  written.disconnect()
})

it('a list contains the codes or the key while they exist, updates when they change, and is then empty', () => {
  const { find, show, unbind } = bound(
    '<ol data-totp-list="recovery-codes"></ol><p data-totp-list="setup-key"></p>',
    { ...on, recoveryCodes },
  )
  const items = (selector: string) =>
    [...find(selector).children].map((one) => [one.localName, one.textContent])
  const [first] = find('ol').children
  expect(items('ol')).toEqual([
    ['li', 'aaaaa-11111'],
    ['li', 'bbbbb-22222'],
  ])
  expect(items('p')).toEqual([])
  show({ ...on, recoveryCodes, busy: true })
  expect(find('ol').children[0]).toBe(first)
  show(enrolling)
  expect(items('ol')).toEqual([])
  expect(items('p').map(([tag]) => tag)).toEqual(['span', 'span', 'span', 'span'])
  expect(find('p').textContent?.replaceAll(' ', '')).toBe('JBSWY3DPEHPK3PXP')
  expect([find('p').ariaLive, find('p').translate]).toEqual(['off', false])
  unbind()
  expect(items('p')).toEqual([])
})

it('the QR code and the link are there while there is a registration', () => {
  const { find, root, show } = bound('<svg data-totp-qr></svg><a data-totp-link>Open</a>', enrolling)
  const svg = root.querySelector('svg')
  const state = () => [svg?.childElementCount, find('a').hasAttribute('href')]
  expect(state()).toEqual([2, true])
  expect(find<HTMLAnchorElement>('a').href).toMatch(/^otpauth:/)
  expect(svg?.getAttribute('viewBox')).toMatch(/^0 0 (\d+) \1$/)
  expect(svg?.getAttribute('shape-rendering')).toBe('crispEdges')
  show(on)
  expect(state()).toEqual([0, false])
})

it('a step is marked as the current one or as done, with a word for that where it has room for one', () => {
  const step = (index: number) => `<li data-totp-step="${index}"><span part="unseen" hidden></span></li>`
  const { root, show } = bound([0, 1, 2].map(step).join(''), enrolling)
  const marks = () =>
    [...root.querySelectorAll<HTMLElement>('li')].map((one) => [
      one.ariaCurrent,
      one.part.contains('done'),
      one.querySelector('span')?.hidden,
    ])
  expect(marks()).toEqual([
    ['step', false, true],
    [null, false, true],
    [null, false, true],
  ])
  show({ ...enrolling, registration: null })
  expect(marks()).toEqual([
    [null, true, false],
    ['step', false, true],
    [null, false, true],
  ])
})

it('the field of a bound page takes each kind of code as a browser has to know it, whatever it was before', () => {
  const { find, root } = bound(`${FORM}<button data-totp-do="switch-method"></button>`, asks)
  const field = find<HTMLInputElement>('input')
  const attributes = (method: 'app' | 'recovery') =>
    Object.entries(codeFieldAttributes[method]).map(([name, value]) => [
      name,
      field.getAttribute(name.toLowerCase()),
      value === undefined ? null : String(value),
    ])
  const check = (method: 'app' | 'recovery') => {
    for (const [name, is, expected] of attributes(method)) expect([name, is]).toEqual([name, expected])
    expect([field.dataset.method, field.part.value, field.enterKeyHint]).toEqual([method, method, 'go'])
  }
  check('app')
  expect(
    [...root.querySelectorAll('[data-totp-do=submit-code] :is(input, button)')].map((one) =>
      one.getAttribute('form'),
    ),
  ).toEqual(['', '', ''])
  root.querySelector<HTMLElement>('[data-totp-do=switch-method]')?.click()
  check('recovery')
  root.querySelector<HTMLElement>('[data-totp-do=switch-method]')?.click()
  check('app')
})

it('the browser does not validate a bound <form>, since the binding has its own messages', () => {
  const { find } = bound(
    '<form data-totp-do="submit-code"><input name="code"><button>Verify</button></form>',
    asks,
  )
  expect(find<HTMLFormElement>('form').noValidate).toBe(true)
  expect(find('input').hasAttribute('form')).toBe(false)
})

it.each<[which: string, html: string, isTouch: boolean, isFocused: boolean]>([
  ['that asks for it', FORM, false, true],
  ['that does not ask for it', FORM.replace(' autofocus', ''), false, false],
  ['on a touch screen', FORM, true, false],
])(
  'a field gets the focus when it comes into view, and not again while it is there, if it asks for it and brings up no touch keyboard: one %s',
  (_which, html, isTouch, isFocused) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    vi.spyOn(window, 'matchMedia').mockReturnValue({ matches: isTouch } as MediaQueryList)
    onTestFinished(() => {
      vi.useRealTimers()
      vi.restoreAllMocks()
    })
    const { find, show } = bound(`<div data-totp-show="code">${html}</div>`, on)
    const field = find<HTMLInputElement>('input')
    const comes = () => {
      vi.advanceTimersByTime(1000)
      return document.activeElement === field
    }
    expect(comes()).toBe(false)
    show(asks)
    expect(comes()).toBe(isFocused)
    field.blur()
    show({ ...asks, busy: true })
    expect(comes()).toBe(false)
    show(on)
    show(asks)
    expect(comes()).toBe(isFocused)
    field.blur()
    show(on)
    show(asks)
    show(on) // gone again before it had the focus
    expect(comes()).toBe(false)
  },
)

it('a bound page shows and hides each element by any of its names, and leaves its own style as it was', () => {
  const { find, show } = bound(
    '<p data-totp-show="none on" style="display: flex"></p><i data-totp-show="none"></i><b data-totp-show></b>',
    on,
  )
  const state = () => [find('p').hidden, find('p').style.display, find('i').hidden, find('b').hidden]
  expect(state()).toEqual([false, 'flex', true, true])
  show({ ...on, device: undefined, detail: 'loading' })
  expect(state()).toEqual([true, 'none', true, true])
  show(none)
  expect(state()).toEqual([false, 'flex', false, true])
})

it('a page whose binding fails says so, and shows none of its content', () => {
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => {
    vi.restoreAllMocks()
  })
  const root = document.createElement('div')
  root.innerHTML = '<p data-totp-show="on">guarded</p>'
  root.dataset.totpCloak = ''
  root.hidden = true
  const { flow } = shownFlow(on)
  const cause = new Error('no such thing here')
  const broken = Object.assign(flow, {
    subscribe: () => {
      throw cause
    },
  })
  bindTotpFlow(root, broken)()
  expect(root.innerHTML).toBe(`<p lang="en" dir="ltr">${en.device.unsupported}</p>`)
  expect([root.hidden, 'totpCloak' in root.dataset]).toEqual([false, false])
  expect(complaints).toHaveBeenCalledWith(cause)
})

it('confirming the codes with a pointer holds their place until the pointer moves away, and with the keyboard does not', async () => {
  const html = `<section data-totp-show="recovery-codes" style="color: red"><button data-totp-do="acknowledge">Keep</button><p style="height: 90px"></p></section>`
  const { find, show, unbind } = bound(
    html,
    { ...on, recoveryCodes },
    { more: { acknowledgeRecoveryCodes: async () => {} } },
  )
  const section = find('section')
  const press = (detail: number) =>
    find('button').dispatchEvent(new MouseEvent('click', { bubbles: true, detail, clientX: 5, clientY: 5 }))
  press(0)
  expect(section.style.cssText).toBe('color: red;')
  const height = section.offsetHeight
  press(1)
  show(on)
  expect([section.offsetHeight, section.style.visibility, section.inert, section.hidden]).toEqual([
    height,
    'hidden',
    true,
    false,
  ])
  show({ ...on, recoveryCodes })
  expect([section.style.visibility, section.inert]).toEqual(['', false])
  show(on)
  window.dispatchEvent(new KeyboardEvent('keydown', { key: 'a' }))
  expect([section.hidden, section.inert, section.style.minHeight, section.style.color]).toEqual([
    true,
    false,
    '',
    'red',
  ])
  show({ ...on, recoveryCodes })
  press(1)
  show(on)
  unbind()
  expect([section.inert, section.style.cssText]).toEqual([false, 'color: red;'])
})

it.each([
  ['renew-codes', 'renewRecoveryCodes', on],
  ['acknowledge', 'acknowledgeRecoveryCodes', { ...on, recoveryCodes }],
] as const)('the button for %s is busy while its call is under way', async (verb, method, view) => {
  let done = () => {}
  const under = () =>
    new Promise<void>((resolve) => {
      done = resolve
    })
  const { find } = bound(`<button data-totp-do="${verb}">`, view, { more: { [method]: under } })
  expect(find('button').ariaBusy).toBe('false')
  find('button').click()
  expect(find('button').ariaBusy).toBe('true')
  done()
  await expect.poll(() => find('button').ariaBusy).toBe('false')
})

it('a page without a password form cancels the prompt, and the console says which module to import', () => {
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => {
    vi.restoreAllMocks()
  })
  const view: Changes = {
    ...asks,
    intent: 'delete',
    showsCodeField: false,
    showsPasswordField: true,
    detail: 'password',
  }
  const { asked, show } = bound(FORM, on)
  show(view)
  expect(asked.length).toBeGreaterThan(0)
  expect(String(complaints.mock.calls)).toMatch(/totp-flow\/element\/password/)
  complaints.mockClear()
  const other = bound('<p data-totp-text="status"></p>', on)
  other.show(view)
  expect(complaints).not.toHaveBeenCalled()
})

it('a code form without a field of its own submits nothing and breaks nothing', () => {
  const { find, asked } = bound('<div data-totp-do="submit-code"><button>Verify</button></div>', asks)
  find('button').click()
  expect(asked).toEqual([])
})

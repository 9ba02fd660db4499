/** What the faces share, piece by piece: hiding, focus, selection, submission, saving and printing. */
import { en } from 'totp-flow/messages'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { focused, focusSoon, isShown, isTouchScreen, selectIn } from '../../src/ui/focus-soon.ts'
import { hide } from '../../src/ui/hide.ts'
import { printCodes } from '../../src/ui/print-codes.ts'
import { saveFile } from '../../src/ui/save-file.ts'
import { isEnter, isSubmission, keepRelease } from '../../src/ui/submission.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  document.body.innerHTML = '<input id="field"><button id="button">Export</button>'
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  document.body.replaceChildren()
})
const find = <Found extends HTMLElement = HTMLInputElement>(selector: string) =>
  document.querySelector(selector) as Found
const field = () => find('#field')
const button = () => find<HTMLButtonElement>('#button')
const isFocused = () => document.activeElement === field()

it('hiding an element and showing it again leaves it as it was, however often it is done', () => {
  const one = button()
  one.style.display = 'flex'
  const state = () => [one.hidden, one.style.display, one.style.getPropertyPriority('display')]
  hide(one, false)
  expect(state()).toEqual([false, 'flex', ''])
  hide(one, true)
  hide(one, true)
  expect(state()).toEqual([true, 'none', 'important'])
  hide(one, false)
  hide(one, false)
  expect(state()).toEqual([false, 'flex', ''])
  one.style.display = 'grid'
  hide(one, true)
  hide(one, false)
  expect(state()).toEqual([false, 'grid', ''])
})

it('an element that the page hid itself is shown without a change of its style, and one that the page showed is hidden again', () => {
  const one = button()
  one.hidden = true
  hide(one, false)
  expect([one.hidden, one.getAttribute('style')]).toEqual([false, null])
  hide(one, true)
  one.hidden = false
  hide(one, true)
  expect([one.hidden, one.style.display]).toEqual([true, 'none'])
  hide(one, false)
  expect([one.hidden, one.style.display]).toEqual([false, ''])
})

it('hiding a hidden element writes nothing', () => {
  hide(button(), true)
  const written = new MutationObserver(() => {})
  written.observe(button(), { attributes: true })
  hide(button(), true)
  expect(written.takeRecords()).toEqual([])
  hide(button(), false)
  written.takeRecords()
  hide(button(), false)
  expect(written.takeRecords()).toEqual([])
})

it('in a document without checkVisibility, an element is hidden if it or an ancestor has the attribute', () => {
  const one = button()
  Object.defineProperty(one, 'checkVisibility', { value: undefined })
  expect(isShown(one)).toBe(true)
  document.body.hidden = true
  onTestFinished(() => {
    document.body.hidden = false
  })
  expect(isShown(one)).toBe(false)
})

it('an invisible element is not shown, and a document without matchMedia has no touch screen', () => {
  expect(isShown(button())).toBe(true)
  button().style.visibility = 'hidden'
  expect(isShown(button())).toBe(false)
  expect(isTouchScreen()).toBe(matchMedia('(pointer: coarse)').matches)
  const asked = vi.spyOn(window, 'matchMedia').mockReturnValue({ matches: true } as MediaQueryList)
  expect(isTouchScreen()).toBe(true)
  expect(asked).toHaveBeenCalledWith('(pointer: coarse)')
  vi.stubGlobal('matchMedia', undefined)
  expect(isTouchScreen()).toBe(false)
  vi.unstubAllGlobals()
})

it('focusSoon() focuses once after a fifth of a second, and then removes its listeners', () => {
  focusSoon(field())
  vi.advanceTimersByTime(199)
  expect(isFocused()).toBe(false)
  vi.advanceTimersByTime(1)
  expect(isFocused()).toBe(true)
  field().blur()
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '1', bubbles: true }))
  vi.advanceTimersByTime(1000)
  expect(isFocused()).toBe(false)
})

it('a canceled focusSoon() focuses nothing, neither after its delay nor for a key', () => {
  focusSoon(field())()
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '1', bubbles: true }))
  expect(isFocused()).toBe(false)
  vi.advanceTimersByTime(1000)
  expect([isFocused(), vi.getTimerCount()]).toEqual([false, 0])
})

it('focusSoon() for an invisible field does nothing, and leaves a pending focus', () => {
  focusSoon(field())
  button().hidden = true
  focusSoon(button())
  vi.advanceTimersByTime(200)
  expect(isFocused()).toBe(true)
})

it('focusSoon() for a removed field focuses nothing', () => {
  const gone = field()
  focusSoon(gone)
  gone.remove()
  vi.advanceTimersByTime(200)
  expect(document.activeElement).toBe(document.body)
})

it.each<[what: string, init: KeyboardEventInit, isTaken: boolean]>([
  ['a digit', { key: '1' }, true],
  ['a letter', { key: 'x' }, true],
  ['a paste by Control', { key: 'v', ctrlKey: true }, true],
  ['a paste by Command', { key: 'v', metaKey: true }, true],
  ['a space, which presses buttons', { key: ' ' }, false],
  ['a shortcut by Control', { key: 'c', ctrlKey: true }, false],
  ['a shortcut by Command', { key: 'c', metaKey: true }, false],
  ['a shortcut by Alt', { key: 'c', altKey: true }, false],
  ['a key with a name', { key: 'ArrowDown' }, false],
])(
  'focusSoon() is brought on at once by what is meant for a field, and by no other key: %s',
  (_what, init, isTaken) => {
    focusSoon(field())
    document.body.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, ...init }))
    expect(isFocused()).toBe(isTaken)
    vi.advanceTimersByTime(200)
    expect(isFocused()).toBe(true) // none of these calls it off
  },
)

it.each<[what: string, event: () => Event]>([
  ['Tab', () => new KeyboardEvent('keydown', { key: 'Tab', bubbles: true })],
  ['a press', () => new PointerEvent('pointerdown', { bubbles: true })],
  ['typing by other means', () => new InputEvent('input', { bubbles: true })],
])('focusSoon() is canceled by %s', (_what, event) => {
  focusSoon(field())
  document.body.dispatchEvent(event())
  vi.advanceTimersByTime(1000)
  expect([isFocused(), vi.getTimerCount()]).toEqual([false, 0])
})

const TAKING = [
  '<input>',
  '<input type="search">',
  '<input type="password">',
  '<select></select>',
  '<textarea></textarea>',
  '<p contenteditable tabindex="0"></p>',
]
const TAKING_NONE = ['button', 'checkbox', 'color', 'file', 'image', 'radio', 'range', 'reset', 'submit'].map(
  (type) => `<input type="${type}">`,
)
it.each([
  ...TAKING.map((html) => [html, true] as const),
  ...[...TAKING_NONE, '<button></button>', '<a href="#"></a>'].map((html) => [html, false] as const),
])('focus stays in %s, which takes text: %s', (html, isKept) => {
  document.body.insertAdjacentHTML('beforeend', html)
  const other = document.body.lastElementChild as HTMLElement
  other.focus()
  expect(document.activeElement).toBe(other)
  focusSoon(field())
  other.dispatchEvent(new KeyboardEvent('keydown', { key: '1', bubbles: true, composed: true }))
  vi.advanceTimersByTime(1000)
  expect(isFocused()).toBe(!isKept)
  other.focus()
  field().value = '123'
  field().setSelectionRange(3, 3)
  selectIn(field(), new Error('wrong'))
  expect([field().selectionStart, field().selectionEnd]).toEqual([0, 3])
  expect(isFocused()).toBe(!isKept)
})

it('a key typed into another field does not focus this one', () => {
  focusSoon(field())
  const other = document.body.appendChild(document.createElement('input'))
  other.dispatchEvent(new KeyboardEvent('keydown', { key: '1', bubbles: true, composed: true }))
  expect(isFocused()).toBe(false)
})

it('focusSoon() focuses at once within an open dialog if something is focused, and later otherwise', () => {
  document.body.insertAdjacentHTML('beforeend', '<dialog><input><button></button></dialog>')
  const dialog = find<HTMLDialogElement>('dialog')
  const own = find('dialog input')
  dialog.showModal()
  find<HTMLButtonElement>('dialog button').focus()
  focusSoon(own)
  expect(document.activeElement).toBe(own)
  own.blur()
  focusSoon(own)
  expect(document.activeElement).toBe(document.body)
  vi.advanceTimersByTime(200)
  expect(document.activeElement).toBe(own)
})

it('a selection without an error moves no focus', () => {
  button().focus()
  field().value = '123'
  selectIn(field(), null)
  expect([field().selectionStart, field().selectionEnd, isFocused()]).toEqual([0, 3, false])
  selectIn(field(), new Error('wrong'))
  expect(isFocused()).toBe(true)
})

it('the focused element is found in shadow trees, however deep', () => {
  const outer = document.body.appendChild(document.createElement('div')).attachShadow({ mode: 'open' })
  const inner = outer.appendChild(document.createElement('div')).attachShadow({ mode: 'open' })
  const own = inner.appendChild(document.createElement('input'))
  own.focus()
  expect(focused()).toBe(own)
  own.blur()
  expect(focused()).toBe(document.body)
})

const key = (name: string, more: KeyboardEventInit = {}) =>
  new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true, ...more })
const click = () => new MouseEvent('click', { bubbles: true, cancelable: true })
it.each<[what: string, html: string, event: () => Event, is: boolean]>([
  ['Enter in a field', '<input>', () => key('Enter'), true],
  ['Enter that ends a composition', '<input>', () => key('Enter', { isComposing: true }), false],
  ['another key in a field', '<input>', () => key('a'), false],
  ['Enter on a button', '<button></button>', () => key('Enter'), false],
  ['Enter on an input that is a button', '<input type="button">', () => key('Enter'), false],
  ['Enter on an input that submits', '<input type="submit">', () => key('Enter'), false],
  ['Enter on an input that resets', '<input type="reset">', () => key('Enter'), false],
  ['a click on a button', '<button></button>', click, true],
  ['a click on a button that submits', '<button type="submit"></button>', click, true],
  ['a click on an input that submits', '<input type="submit">', click, true],
  ['a click on a button of another type', '<button type="button"></button>', click, false],
  ['a click in a field', '<input>', click, false],
])(
  '%s submits what is around it where it would submit a form, and not where that is prevented',
  (_what, html, event, is) => {
    document.body.innerHTML = html
    const one = event()
    const target = document.body.firstElementChild as HTMLElement
    expect(isSubmission(one)).toBe(false) // at nothing yet
    target.dispatchEvent(one)
    expect(isSubmission(one)).toBe(is)
    const prevented = event()
    prevented.preventDefault()
    target.addEventListener(prevented.type, (heard) => heard.preventDefault())
    target.dispatchEvent(prevented)
    expect(isSubmission(prevented)).toBe(false)
  },
)

it('a click on a button’s content counts as a click on the button', () => {
  document.body.innerHTML = '<button><b></b></button>'
  const one = click()
  document.querySelector('b')?.dispatchEvent(one)
  expect([isSubmission(one), isEnter(one), isEnter(key('Enter'))]).toEqual([true, false, true])
  const onWindow = click()
  window.dispatchEvent(onWindow)
  expect(isSubmission(onWindow)).toBe(false)
})

it('one key release is kept from the page, and the next is not', () => {
  const heard = vi.fn()
  document.addEventListener('keyup', heard, true)
  onTestFinished(() => document.removeEventListener('keyup', heard, true))
  keepRelease()
  for (const times of [0, 1]) {
    button().dispatchEvent(new KeyboardEvent('keyup', { key: 'Enter', bubbles: true }))
    expect(heard).toHaveBeenCalledTimes(times)
  }
})

const sheet = {
  title: 'Recovery codes',
  lines: ['Acme: ann', 'Each works once.'],
  codes: ['aaaaa-11111', 'bbbbb-22222'],
}
function saved() {
  let link: { href: string; download: string; target: string } | undefined
  let blob: Blob | undefined
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    link = { href: this.href, download: this.download, target: this.target }
  })
  vi.spyOn(URL, 'createObjectURL').mockImplementation((given) => {
    blob = given as Blob
    return 'blob:codes'
  })
  const revoked = vi.spyOn(URL, 'revokeObjectURL')
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => {})
  const isSaved = saveFile('codes.txt', sheet)
  return { isSaved, link, blob, revoked, complaints }
}

it('codes are saved as text with one line each, through a URL that is revoked afterwards', async () => {
  vi.spyOn(window, 'frameElement', 'get').mockReturnValue(null)
  const { isSaved, link, blob, revoked, complaints } = saved()
  expect(isSaved).toBe(true)
  expect(link).toEqual({ href: 'blob:codes', download: 'codes.txt', target: '_blank' })
  expect(await blob?.text()).toBe('Recovery codes\nAcme: ann\nEach works once.\n\naaaaa-11111\nbbbbb-22222\n')
  expect(blob?.type).toBe('text/plain')
  expect(revoked).toHaveBeenCalledWith('blob:codes')
  expect(complaints).not.toHaveBeenCalled()
})

it.each<[sandbox: string | null, outer: string | null, isSaved: boolean]>([
  [null, null, true],
  ['allow-scripts', null, false],
  ['allow-scripts allow-downloads', null, true],
  ['', null, false],
  [null, 'allow-scripts', false],
  ['allow-downloads', 'allow-scripts', false],
  ['allow-downloads', 'Allow-Downloads', true],
])('a frame whose sandbox is %s in one whose sandbox is %s saves a file: %s', (sandbox, outer, isSaved) => {
  const frame = (value: string | null) => {
    const made = document.createElement('iframe')
    if (value !== null) made.setAttribute('sandbox', value)
    return made
  }
  vi.spyOn(window, 'frameElement', 'get').mockReturnValue(frame(sandbox))
  vi.spyOn(window, 'parent', 'get').mockReturnValue({
    frameElement: frame(outer),
    parent: { frameElement: null },
  } as unknown as Window)
  const made = saved()
  expect(made.isSaved).toBe(isSaved)
  if (isSaved) expect(made.complaints).not.toHaveBeenCalled()
  else expect(made.complaints).toHaveBeenCalledWith(expect.stringContaining('allow-downloads'))
})

it('a sandbox without access to frames prints nothing, says why, and leaves no frame', () => {
  vi.spyOn(HTMLIFrameElement.prototype, 'contentDocument', 'get').mockReturnValue(null)
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => {})
  const onPrint = vi.fn()
  printCodes(sheet, en, onPrint)
  expect(document.querySelector('iframe')).toBeNull()
  expect(onPrint).not.toHaveBeenCalled()
  expect(complaints).toHaveBeenCalledWith(expect.stringContaining('allow-modals'))
})

it('the printed sheet is in a hidden frame until it is printed, or for a minute', () => {
  const append = document.body.append.bind(document.body)
  const prints: Window[] = []
  vi.spyOn(document.body, 'append').mockImplementation((frame) => {
    append(frame)
    const own = (frame as HTMLIFrameElement).contentWindow
    if (own) own.print = () => prints.push(own)
  })
  const onPrint = vi.fn()
  const frames = () => document.querySelectorAll('iframe').length
  printCodes(sheet, en, onPrint)
  const frame = find<HTMLIFrameElement>('iframe')
  expect([
    frame.ariaHidden,
    frame.tabIndex,
    frame.getBoundingClientRect().width,
    frame.style.position,
  ]).toEqual(['true', -1, 0, 'fixed'])
  const page = frame.contentDocument
  expect([...(page?.body.children ?? [])].map((one) => [one.localName, one.textContent])).toEqual([
    ['h1', sheet.title],
    ['p', sheet.lines[0]],
    ['p', sheet.lines[1]],
    ['ol', sheet.codes.join('')],
  ])
  expect([
    page?.title,
    page?.documentElement.lang,
    page?.documentElement.dir,
    page?.querySelector('ol')?.dir,
  ]).toEqual([sheet.title, 'en', 'ltr', 'ltr'])
  expect(prints).toHaveLength(1)
  for (const type of ['beforeprint', 'beforeprint']) prints[0]?.dispatchEvent(new Event(type))
  expect([onPrint.mock.calls.length, frames()]).toEqual([1, 1])
  prints[0]?.dispatchEvent(new Event('afterprint'))
  expect(frames()).toBe(0)
  printCodes(sheet, en, onPrint)
  vi.advanceTimersByTime(59_999)
  expect(frames()).toBe(1)
  vi.advanceTimersByTime(1)
  expect(frames()).toBe(0)
})

import { createTotpFlow, type TotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { bindTotpFlow } from 'totp-flow/vanilla'
import { describe, expect, it, onTestFinished } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { enroll } from '../react/render-flow.tsx'
import { type Face, faces } from './faces.tsx'

const HTML = `<dialog data-totp-dialog aria-labelledby="title"><h2 id="title" data-totp-text="title"></h2>
  <form data-totp-do="submit-code"><input name="code" aria-label="6-digit code" autofocus></form>
  <button data-totp-do="cancel">Cancel</button></dialog>`

async function start(): Promise<TotpFlow> {
  const flow = createTotpFlow({ backend: memoryBackend(), tabs: false })
  onTestFinished(() => flow.stop())
  await enroll(flow)
  return flow
}
/** Every dialog of the page, shadow or not. */
function dialogsIn(root: ParentNode): HTMLDialogElement[] {
  return [...root.querySelectorAll('*')].flatMap((element) => [
    ...(element instanceof HTMLDialogElement && element.matches(':modal') ? [element] : []),
    ...(element.shadowRoot ? dialogsIn(element.shadowRoot) : []),
  ])
}
const openDialogs = () => dialogsIn(document)

/** A field of the page itself, for whether one can go on with it. */
function pageField() {
  const field = document.createElement('input')
  document.body.prepend(field)
  onTestFinished(() => field.remove())
  return field
}
const isUsable = (field: HTMLElement) => {
  field.focus()
  return document.activeElement === field
}
const field = page.getByRole('textbox', { name: '6-digit code' })
/** The element that has the focus, in a shadow tree too. */
function focused(root: DocumentOrShadowRoot = document): Element | null {
  const inner = root.activeElement?.shadowRoot
  return inner ? focused(inner) : root.activeElement
}
const isFieldFocused = () => field.elements().includes(focused() as HTMLElement)

const boundDialog: Face = [
  'a dialog over bindTotpFlow',
  (flow) => {
    const root = document.createElement('div')
    root.innerHTML = HTML
    document.body.replaceChildren(root)
    return bindTotpFlow(root, flow)
  },
]

describe.each([...faces, boundDialog])('%s', (_name, show) => {
  function shown(flow: TotpFlow) {
    const hide = show(flow)
    onTestFinished(hide)
    return { hide }
  }

  it('a page whose place for the dialog is hidden goes on, and asks when it is shown again, where it was', async () => {
    const flow = await start()
    shown(flow)
    const other = pageField()
    const opener = document.createElement('button')
    const place = document.createElement('div')
    opener.textContent = 'Export'
    opener.onclick = () => flow.stepUp(['wallet:export'])
    place.append(...[...document.body.children].filter((one) => one !== other), opener)
    document.body.append(place)
    onTestFinished(() => place.remove())
    await page.getByRole('button', { name: 'Export' }).click()
    await expect.poll(isFieldFocused).toBe(true)
    await userEvent.keyboard('12')
    place.style.display = 'none'
    await expect.poll(openDialogs).toHaveLength(0)
    await expect.poll(() => isUsable(other)).toBe(true)
    other.blur()
    expect(flow.getView().showsCodeField).toBe(true)
    place.style.display = ''
    await expect.poll(isFieldFocused).toBe(true)
    expect(isUsable(other)).toBe(false)
    await userEvent.keyboard('3')
    await expect.element(field).toHaveValue('123')
    await userEvent.keyboard('{Escape}')
    await expect.poll(openDialogs).toHaveLength(0)
    await expect.element(page.getByRole('button', { name: 'Export' })).toHaveFocus()
  })

  it('a step-up asked for while the place of the dialog is hidden leaves the page alone until it is shown', async () => {
    const flow = await start()
    shown(flow)
    const other = pageField()
    const place = document.createElement('div')
    place.append(...[...document.body.children].filter((one) => one !== other))
    document.body.append(place)
    onTestFinished(() => place.remove())
    place.hidden = true
    flow.stepUp(['wallet:export'])
    await new Promise(requestAnimationFrame)
    expect(openDialogs()).toHaveLength(0)
    expect(isUsable(other)).toBe(true)
    place.hidden = false
    await expect.poll(openDialogs).toHaveLength(1)
  })

  it.each([
    ['content-visibility', () => (document.body.style.contentVisibility = 'hidden')],
    [
      'a closed <details>',
      () => {
        const details = document.createElement('details')
        details.append(...document.body.childNodes)
        document.body.append(details)
      },
    ],
  ])('a page whose place for the dialog is hidden by %s stays usable', async (_by, hidePlace) => {
    onTestFinished(() => {
      document.body.style.contentVisibility = ''
      const details = document.querySelector('body > details')
      details?.replaceWith(...details.childNodes)
    })
    const flow = await start()
    shown(flow)
    flow.stepUp(['wallet:export'])
    await expect.poll(openDialogs).toHaveLength(1)
    hidePlace()
    await expect.poll(openDialogs).toEqual([])
  })

  it('the second press of a double click on Cancel finds nothing beneath the dialog, and a later one does', async () => {
    const flow = await start()
    shown(flow)
    flow.stepUp(['wallet:export'])
    const cancel = page.getByRole('button', { name: 'Cancel' })
    await expect.element(cancel).toBeVisible()
    const { left, top, width, height } = cancel.element().getBoundingClientRect()
    const beneath = document.createElement('button')
    beneath.textContent = 'Beneath'
    Object.assign(beneath.style, {
      position: 'fixed',
      left: `${left}px`,
      top: `${top}px`,
      width: `${width}px`,
      height: `${height}px`,
      zIndex: '9',
    })
    document.body.append(beneath)
    onTestFinished(() => beneath.remove())
    const pressed: string[] = []
    for (const type of ['pointerdown', 'mousedown', 'click'])
      beneath.addEventListener(type, () => pressed.push(type))
    await cancel.dblClick()
    await expect.poll(openDialogs).toEqual([])
    expect(pressed).toEqual([])
    expect(flow.getView().showsCodeField).toBe(false)
    await expect
      .poll(async () => {
        await page.getByRole('button', { name: 'Beneath' }).click()
        return pressed
      })
      .toContain('pointerdown')
  })

  it('a second UI of the same flow opens no second dialog, and takes over when the first leaves', async () => {
    const flow = await start()
    const { hide } = shown(flow)
    const element = document.body.appendChild(document.createElement('totp-flow'))
    onTestFinished(() => element.remove())
    element.flow = flow
    flow.stepUp(['wallet:export'])
    await expect.poll(openDialogs).toHaveLength(1)
    await new Promise(requestAnimationFrame)
    expect(openDialogs()).toHaveLength(1)
    hide()
    await expect.poll(() => dialogsIn(element.shadowRoot ?? element)).toHaveLength(1)
    flow.cancel()
    await expect.poll(openDialogs).toHaveLength(0)
  })

  it('the page behind the dialog does not scroll, and scrolls again afterwards', async () => {
    const flow = await start()
    shown(flow)
    const long = document.body.appendChild(document.createElement('div'))
    long.style.height = '5000px'
    onTestFinished(() => long.remove())
    const root = document.documentElement
    const before = root.getAttribute('style') ?? ''
    flow.stepUp(['wallet:export'])
    await expect.poll(openDialogs).toHaveLength(1)
    expect(getComputedStyle(root).overflow).toBe('hidden')
    flow.cancel()
    await expect.poll(openDialogs).toHaveLength(0)
    expect(root.getAttribute('style') ?? '').toBe(before)
  })

  it('a dialog that something else closes is a step-up that was canceled', async () => {
    const flow = await start()
    shown(flow)
    flow.stepUp(['wallet:export'])
    await expect.poll(openDialogs).toHaveLength(1)
    openDialogs()[0]?.close()
    await expect.poll(() => flow.getView().showsCodeField).toBe(false)
    flow.stepUp(['wallet:export'])
    await expect.poll(openDialogs).toHaveLength(1)
  })
})

it.each([
  ['first', [0, 1]],
  ['last', [1, 0]],
])(
  'a page with two dialogs scrolls again once both are closed, be the one beneath closed %s',
  async (_when, order) => {
    const flows = [await start(), await start()]
    document.body.replaceChildren(
      ...flows.map((flow) => Object.assign(document.createElement('totp-flow'), { flow })),
    )
    onTestFinished(() => document.body.replaceChildren())
    const root = document.documentElement
    const before = root.getAttribute('style') ?? ''
    for (const [index, flow] of flows.entries()) {
      flow.stepUp(['wallet:export'])
      await expect.poll(openDialogs).toHaveLength(index + 1)
    }
    flows[order[0] ?? 0]?.cancel()
    await expect.poll(openDialogs).toHaveLength(1)
    expect(getComputedStyle(root).overflow).toBe('hidden')
    flows[order[1] ?? 0]?.cancel()
    await expect.poll(openDialogs).toHaveLength(0)
    expect(root.getAttribute('style') ?? '').toBe(before)
  },
)

it.each([
  ['put elsewhere', (element: Element, place: Element) => place.append(element)],
  [
    'taken out and put in again',
    (element: Element, place: Element) => {
      element.remove()
      place.append(element)
    },
  ],
])('<totp-flow> keeps what was typed, and its dialog, when it is %s', async (_how, move) => {
  const flow = await start()
  const element = document.createElement('totp-flow')
  const place = document.createElement('div')
  element.flow = flow
  document.body.replaceChildren(element, place)
  onTestFinished(() => document.body.replaceChildren())
  flow.stepUp(['wallet:export'])
  await expect.poll(openDialogs).toHaveLength(1)
  await field.fill('123')
  move(element, place)
  await new Promise(requestAnimationFrame)
  expect(openDialogs()).toHaveLength(1)
  await expect.element(field).toHaveValue('123')
  expect(flow.getView().showsCodeField).toBe(true)
  await userEvent.keyboard('{Escape}')
  await expect.poll(openDialogs).toHaveLength(0)
  element.remove()
  await expect.poll(() => element.shadowRoot?.childNodes.length).toBe(0)
})

it('<totp-flow> that moves into a frame lets go of its old page and asks in the new one', async () => {
  const flow = await start()
  const frame = document.createElement('iframe')
  const element = document.createElement('totp-flow')
  element.flow = flow
  document.body.replaceChildren(element, frame)
  onTestFinished(() => document.body.replaceChildren())
  const there = frame.contentDocument
  if (!there) throw new Error('no frame')
  const overflowOf = (page: Document) => page.documentElement.style.overflow
  flow.stepUp(['wallet:export'])
  await expect.poll(openDialogs).toHaveLength(1)
  expect(overflowOf(document)).toBe('hidden')
  there.body.append(element)
  expect(overflowOf(document)).toBe('')
  await expect.poll(() => overflowOf(there)).toBe('hidden')
  expect(element.shadowRoot?.querySelector('dialog')?.matches(':modal')).toBe(true)
  flow.cancel()
  await expect.poll(() => overflowOf(there)).toBe('')
})

it.each([
  ['with the element in it', 'auto', true],
  ['that is manual', 'manual', false],
])('a popover %s stays open below the dialog', async (_which, kind, isWithin) => {
  const flow = await start()
  const popover = document.createElement('div')
  const element = document.createElement('totp-flow')
  popover.popover = kind
  document.body.replaceChildren(popover)
  onTestFinished(() => document.body.replaceChildren())
  ;(isWithin ? popover : document.body).append(element)
  element.flow = flow
  popover.showPopover()
  flow.stepUp(['wallet:export'])
  await expect.poll(openDialogs).toHaveLength(1)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect.poll(openDialogs).toHaveLength(0)
  expect(popover.matches(':popover-open')).toBe(true)
})

import { en } from '../messages/en.ts'
import type { Messages } from '../messages/messages.ts'
import type { ManagedPasskeys } from '../passkeys/manage-passkeys.ts'
import { createPasskeyList, type PasskeyRow, presentList } from '../passkeys/passkey-list.ts'
import { announcementOf, announcerOf } from '../ui/announcer.ts'
import { focusOpened, keepPlace } from '../ui/focus-passkey.ts'
import { isEnter, isSubmission, keepRelease } from '../ui/submission.ts'
import { draw } from './draw.ts'
import { part } from './template.ts'

/** The options of the list. Every member is optional. */
export interface ShowPasskeysOptions {
  /** The words of the list, with those of `totp-flow/messages/passkeys`. @default English */
  messages?: Messages | undefined
}

/**
 * Lists the passkeys of the account at the end of `root`, with buttons to add, rename and remove them. `root` is an element of
 * your page or a shadow root. The page must also contain HTML bound to the same flow, which prompts for the proof that adding
 * and removing require. Returns the function that removes the list.
 */
export function showPasskeys(
  root: HTMLElement | ShadowRoot,
  passkeys: ManagedPasskeys,
  { messages = en }: ShowPasskeysOptions = {},
): () => void {
  const list = createPasskeyList(passkeys)
  const announcer = announcerOf(passkeys.flow)
  const present = () => presentList(list.getState(), messages)
  const { words } = present()

  const none = text('status', words.none)
  const items = draw('ul', { part: 'passkey-list', 'aria-label': words.title })
  const error = draw('p', { part: 'error', role: 'alert' })
  const note = draw('p', { part: 'note passkey-note', role: 'status' })
  const add = button('add primary', words.add, list.add)
  const leave = button('cancel', words.cancel, list.cancel)
  const region = draw('p', { part: 'announcement unseen', role: 'status' })
  const section = draw(
    'section',
    {
      part: 'root',
      'data-totp': '',
      tabindex: '-1',
      'aria-label': words.title,
      lang: messages.lang,
      dir: messages.dir,
    },
    part('h2', 'title', {}, { tabindex: '-1' }, new Text(words.title)),
    text('hint', words.why),
    none,
    items,
    draw('div', { part: 'notes passkey-notes' }, error, note),
    draw('div', { part: 'actions' }, add, leave),
    region,
  )
  const rows = new Map<string, Row>()

  function render() {
    const presentation = present()
    for (const [id, { element }] of rows)
      if (!presentation.rows.some((row) => row.id === id)) {
        element.remove()
        rows.delete(id)
      }
    for (const row of presentation.rows) {
      const drawn = rows.get(row.id) ?? drawRow()
      rows.set(row.id, drawn)
      if (!drawn.element.isConnected) items.append(drawn.element)
      drawn.update(row, presentation.isBusy)
    }
    none.toggleAttribute('hidden', presentation.rows.length > 0)
    items.toggleAttribute('hidden', presentation.rows.length === 0)
    write(error, presentation.error)
    write(note, presentation.isAdding ? words.open : presentation.unsupported)
    allow(add, { isBusy: presentation.isAdding, isRefused: !presentation.canAdd && !presentation.isAdding })
    leave.hidden = !presentation.isAdding
    const announced = announcer.getState()
    write(region, announced.by === region ? announcementOf(announced, messages) : '')
  }

  interface Row {
    element: HTMLElement
    update(row: PasskeyRow, isBusy: boolean): void
  }
  function drawRow(): Row {
    const element = document.createElement('li')
    element.setAttribute('part', 'passkey')
    const said = draw('p', { part: 'error', role: 'alert' })
    let shape = ''
    let before: PasskeyRow['open'] = null
    return {
      element,
      update(row, isBusy) {
        const { name, added, lastUsed, open } = row
        const next = JSON.stringify([name, added, lastUsed, open])
        if (next !== shape)
          element.replaceChildren(...(open === 'rename' ? naming(row) : standing(row)), said)
        shape = next
        for (const one of element.querySelectorAll('button'))
          allow(one, {
            isBusy: row.isBusy && one.part.contains(open === 'rename' ? 'save' : 'confirm'),
            isRefused: isBusy && open === null,
          })
        const field = element.querySelector('input')
        if (field) {
          field.readOnly = row.isBusy
          field.ariaInvalid = String(row.isInvalid)
        }
        write(said, row.error)
        focusOpened(element, open, before)
        before = open
      },
    }
  }

  const standing = ({
    id,
    name,
    added,
    lastUsed,
    open,
    confirmation,
    renameLabel,
    removeLabel,
  }: PasskeyRow) => [
    draw('p', { part: 'passkey-name', dir: 'auto' }, new Text(name)),
    text('passkey-times', [added, lastUsed].filter(Boolean).join(' · ')),
    ...(open === 'remove' ? [text('passkey-warning', confirmation)] : []),
    draw(
      'div',
      { part: 'row' },
      ...(open === 'remove'
        ? [
            button('cancel', words.cancel, list.cancel),
            button('confirm danger', words.remove, list.remove, removeLabel),
          ]
        : [
            button('rename', words.rename, () => list.begin({ act: 'rename', id }), renameLabel),
            button('remove danger', words.remove, () => list.begin({ act: 'remove', id }), removeLabel),
          ]),
    ),
  ]

  function naming({ id, name }: PasskeyRow) {
    const field = document.createElement('input')
    for (const [attribute, value] of Object.entries({
      part: 'password-field passkey-field',
      id: `passkey-name-${id}`,
      name: 'passkey-name',
      form: '', // belongs to no form: a form around it neither sends nor requires the name
      autocomplete: 'off',
      maxlength: `${LONGEST_NAME}`,
      enterkeyhint: 'done',
      dir: 'auto',
    }))
      field.setAttribute(attribute, value)
    field.value = name
    const save = () => {
      if (!list.rename(field.value)) field.focus()
    }
    const form = draw(
      'div',
      { part: 'passkey-form' },
      draw('label', { part: 'code-label', for: field.id }, new Text(words.name)),
      field,
      draw(
        'div',
        { part: 'row' },
        button('save', words.save, save),
        button('cancel', words.cancel, list.cancel),
      ),
    )
    form.addEventListener('keydown', (event) => {
      if (event instanceof KeyboardEvent && event.key === 'Escape') {
        event.stopPropagation()
        list.cancel()
      }
      if (!isSubmission(event)) return
      event.stopPropagation()
      keepRelease()
      event.preventDefault()
      save()
    })
    for (const type of ['input', 'change']) form.addEventListener(type, (event) => event.stopPropagation())
    return [form]
  }

  root.append(section)
  const leaves = [
    list.subscribe(render),
    announcer.subscribe(render),
    announcer.join(region),
    keepPlace(section),
  ]
  render()
  return () => {
    for (const end of leaves) end()
    section.remove()
  }
}

const LONGEST_NAME = 64

const text = (name: string, words: string) => draw('p', { part: name }, new Text(words))

function button(name: string, words: string, act: () => void, label?: string): HTMLButtonElement {
  const element = document.createElement('button')
  element.type = 'button'
  element.setAttribute('part', `button ${name}`)
  element.textContent = words
  if (label !== undefined) element.ariaLabel = label
  element.addEventListener('click', () => {
    if (element.ariaDisabled !== 'true' && element.ariaBusy !== 'true') act()
  })
  // Enter presses the button, and must not also submit a host's form.
  for (const type of ['keydown', 'keypress'])
    element.addEventListener(type, (event) => {
      if (!isEnter(event)) return
      event.stopPropagation()
      if (type === 'keydown') keepRelease()
    })
  return element
}

/** A button does nothing while its act would be refused, but keeps focus: it may be the button that was just pressed. */
function allow(element: HTMLButtonElement, { isBusy, isRefused }: { isBusy: boolean; isRefused: boolean }) {
  element.ariaDisabled = isRefused ? 'true' : null
  element.ariaBusy = String(isBusy)
}

/** Writes only changes, because a live region speaks at every write. */
function write(element: Element, words: string) {
  if (element.textContent !== words) element.textContent = words
}

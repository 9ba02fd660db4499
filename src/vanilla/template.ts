import { draw } from './draw.ts'
import { optional } from './optional.ts'

/** The bindings of an element, by the names of `bindTotpFlow` without `data-totp-`. */
type Binding =
  | 'do'
  | 'focus'
  | 'label'
  | 'link'
  | 'list'
  | 'qr'
  | 'show'
  | 'step'
  | 'text'
  | 'words'
  | 'dialog'
type Bindings = Partial<Record<Binding, string>>

/** Creates an element with a part name, bindings and further attributes. */
export function part(
  tag: string,
  name: string,
  bindings: Bindings = {},
  attributes: Record<string, string> = {},
  ...children: Node[]
): Element {
  const bound = Object.entries(bindings).map(([binding, value]) => [`data-totp-${binding}`, value])
  return draw(tag, { ...(name && { part: name }), ...attributes, ...Object.fromEntries(bound) }, ...children)
}
export const div = (name: string, show: string, ...children: Node[]) =>
  part('div', name, show ? { show } : {}, {}, ...children)
export const button = (name: string, bindings: Bindings, attributes: Record<string, string> = {}) =>
  part('button', `button ${name}`, bindings, { type: 'button', ...attributes })
/** A live region. The one in the dialog speaks while the dialog is open. */
export const announcement = () =>
  part('p', 'announcement unseen', { text: 'announcement' }, { role: 'status' })

export const codeForm = (id: string, describedBy: string, ...hint: Node[]) =>
  part(
    'div',
    'code-form',
    { do: 'submit-code' },
    {},
    ...hint,
    part('label', 'code-label', { text: 'label' }, { for: id }),
    part(
      'input',
      'code-field',
      {},
      {
        id,
        name: 'code',
        'aria-errormessage': `${id}-error`,
        'aria-describedby': `${describedBy}${id}-note`,
        autofocus: '',
      },
    ),
    part(
      'div',
      'notes',
      {},
      {},
      part('p', 'error', { text: 'error' }, { id: `${id}-error`, role: 'alert' }),
      part('p', 'countdown', { show: 'throttled', text: 'countdown' }),
      part('p', 'help', { show: 'help', text: 'help' }),
      part('p', 'note', { show: 'calm', text: 'note' }, { id: `${id}-note` }),
    ),
    div(
      'actions',
      '',
      part('button', 'button submit primary', { words: 'code.verify' }),
      button('cancel', { do: 'cancel', show: 'cancelable', words: 'code.cancel' }),
      button('switch-method link', { do: 'switch-method', show: 'recovery-offered', text: 'other-method' }),
    ),
  )

const ifDrawn = (form: Element | undefined) => (form ? [form] : [])
export const passwordForm = (id: string) => ifDrawn(optional.drawPasswordForm?.(id))
export const passkeyOffer = () => ifDrawn(optional.drawPasskeyOffer?.())

const shield = (show: string, ...mark: Node[]) =>
  part(
    'svg',
    'shield',
    { show },
    { width: '40', height: '40', viewBox: '0 0 24 24', 'aria-hidden': 'true' },
    draw('path', { d: 'M12 2.8 4.8 5.6v5.9c0 4.5 3 8 7.2 9.7 4.2-1.7 7.2-5.2 7.2-9.7V5.6z' }),
    ...mark,
  )

const step = (index: number, name: Bindings) =>
  part(
    'li',
    'step',
    { step: `${index}` },
    {},
    part('span', '', name),
    part('span', 'unseen', { words: 'enrollment.done' }, { hidden: '' }),
  )

const codesError = () => part('p', 'error', { text: 'codes-error' }, { role: 'alert' })

export const deviceStatus = () =>
  div(
    'device-status',
    '',
    div('none', 'none', shield('none')),
    div('on', 'on', shield('on', draw('path', { d: 'm8.6 11.9 2.4 2.5 4.5-4.9' }))),
    part(
      'p',
      'status',
      {},
      {},
      part('span', '', { text: 'status' }),
      part('span', 'unseen', { show: 'loading', words: 'device.loading' }),
    ),
    part('p', 'since', { show: 'on', text: 'since' }),
  )

const setupKey = () =>
  div(
    'setup-key',
    '',
    part(
      'details',
      'cant-scan',
      {},
      {},
      part('summary', 'unfold', { words: 'enrollment.cantScan' }),
      part('p', 'hint', { words: 'enrollment.byHand' }),
    ),
    div(
      'by-hand',
      '',
      part('div', 'key-label', { words: 'enrollment.setupKey' }, { id: 'setup-key' }),
      div(
        'setup-key-row',
        '',
        part(
          'div',
          'key',
          { list: 'setup-key' },
          { role: 'group', 'aria-labelledby': 'setup-key', dir: 'ltr', translate: 'no' },
        ),
        button('copy', { do: 'copy-key', text: 'copy-key' }, { 'aria-describedby': 'setup-key' }),
      ),
      part('p', 'copy-note', { text: 'copy-key-note' }),
    ),
  )

export const enrolling = () =>
  div(
    '',
    'enrolling',
    part(
      'div',
      '',
      {},
      { id: 'enrollment-hint' }, // a hidden element would still describe the field
      part('p', 'hint', { show: 'picture', words: 'enrollment.scanHint' }),
      part(
        'p',
        'hint',
        { show: 'resumed' },
        {},
        part('span', '', { text: 'before-start-over' }),
        button('start-over link', { do: 'register', words: 'enrollment.startOver' }),
        part('span', '', { text: 'after-start-over' }),
      ),
    ),
    div(
      '',
      'picture',
      part('a', 'button deep-link', { link: '', words: 'enrollment.openApp' }),
      part(
        'svg',
        'qr-code',
        { qr: '', label: 'enrollment.qrCode' },
        { role: 'img', width: '232', height: '232' },
      ),
      setupKey(),
    ),
    codeForm('enrollment-code', 'enrollment-hint '),
  )

export const newCodes = () =>
  part(
    'section',
    'recovery-codes',
    // Has a label of its own: screen readers miss a heading that appears together with it.
    { show: 'recovery-codes', focus: '', label: 'recovery.title' },
    { 'data-totp': '', tabindex: '-1' },
    part('h2', 'title', { words: 'recovery.title' }),
    part('p', 'hint', { words: 'recovery.hint' }),
    part(
      'ol',
      'code-list',
      { list: 'recovery-codes', label: 'recovery.list' },
      { dir: 'ltr', translate: 'no' },
    ),
    div(
      'row',
      '',
      button('copy', { do: 'copy-codes', text: 'copy-codes' }),
      button('download', { do: 'download-codes', words: 'recovery.download' }),
      button('print', { do: 'print-codes', words: 'recovery.print' }),
    ),
    part('p', 'copy-note', { text: 'copy-codes-note' }),
    part('p', 'keep-note', { text: 'keep-note' }, { id: 'keep-note' }),
    button(
      'keep primary',
      { do: 'acknowledge', words: 'recovery.keep' },
      { 'aria-describedby': 'keep-note' },
    ),
    codesError(),
  )

const codesLeft = () =>
  part(
    'section',
    'recovery-codes',
    { show: 'renewable' },
    { 'data-totp': '', 'aria-labelledby': 'codes-left' },
    part('h2', 'title', { text: 'codes-title' }, { id: 'codes-left' }),
    part('p', 'hint unsaved', { show: 'unsaved', words: 'recovery.unsaved' }),
    part('p', 'hint', { text: 'renew-why' }),
    div(
      'choices',
      '',
      button('renew', { do: 'renew-codes', words: 'recovery.renew' }),
      button('keep', { do: 'acknowledge', show: 'unsaved', words: 'recovery.keep' }),
    ),
    codesError(),
  )

const challenge = () =>
  part(
    'dialog',
    'dialog',
    { dialog: '' },
    {
      'data-totp': '',
      'aria-labelledby': 'challenge-title',
      'aria-describedby': 'challenge-purpose challenge-hint challenge-code-note',
    },
    part('h2', 'title', { text: 'title' }, { id: 'challenge-title' }),
    part('p', 'purpose', { text: 'purpose' }, { id: 'challenge-purpose', dir: 'auto' }),
    ...passkeyOffer(),
    div(
      '',
      'code',
      codeForm('challenge-code', '', part('p', 'hint', { text: 'hint' }, { id: 'challenge-hint' })),
    ),
    ...passwordForm('challenge-password'),
    div(
      '',
      'confirming',
      part('p', 'hint', { text: 'hint' }),
      div(
        'actions',
        '',
        button('cancel', { do: 'cancel', words: 'code.cancel' }), // first, so it receives focus
        button('remove danger', { do: 'confirm-delete', words: 'device.remove' }),
      ),
    ),
    announcement(),
  )

export const steps = () =>
  part(
    'ol',
    'steps',
    { show: 'enrolling finished', label: 'enrollment.steps' },
    {},
    step(0, { words: 'enrollment.scan' }),
    step(1, { words: 'enrollment.type' }),
    step(2, { text: 'last-step' }),
  )

export const skeleton = (show: string) =>
  part('div', 'skeleton', { show }, { 'aria-hidden': 'true' }, ...[1, 2, 3].map(() => draw('span')))

/** The content of `<totp-flow>`, for `bindTotpFlow`. Its parts have the names of the React parts. */
export const template = (): Element =>
  part(
    'section',
    'root',
    { focus: '', label: 'device.card' },
    { 'data-totp': '', tabindex: '-1' },
    steps(),
    part('p', 'subtitle', { show: 'guarded', words: 'device.guarded' }),
    deviceStatus(),
    skeleton('loading'),
    div(
      '',
      'none',
      part('p', 'hint', { words: 'device.why' }),
      button('set-up primary', {
        do: 'register',
        words: 'device.setUp',
        show: 'quiet passkey-alone',
      }),
      ...passwordForm('enrollment-password'),
    ),
    enrolling(),
    div(
      '',
      'on',
      div('codes-place', '', newCodes(), codesLeft()),
      draw('slot'),
      div(
        'remove-row',
        '',
        part('p', '', { words: 'device.removeWhy' }),
        button('remove danger', { do: 'delete', words: 'device.remove' }),
      ),
    ),
    part('p', 'error', { show: 'quiet', text: 'error' }, { role: 'alert' }),
    button('retry primary', { show: 'unavailable', do: 'refresh', words: 'device.retry' }),
    announcement(),
    challenge(),
  )

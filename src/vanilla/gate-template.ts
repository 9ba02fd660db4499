import { draw } from './draw.ts'
import {
  announcement,
  button,
  codeForm,
  deviceStatus,
  div,
  enrolling,
  newCodes,
  part,
  passkeyOffer,
  passwordForm,
  skeleton,
  steps,
} from './template.ts'

/** The content of `<totp-gate>`, for `bindTotpFlow`. */
export const gateTemplate = (): Element =>
  part(
    'div',
    '',
    {},
    {},
    part(
      'section',
      'root',
      // While the host app is visible, it is a note above it or nothing.
      { focus: '', label: 'device.card', show: `${SHUT} enrollment-due` },
      { 'data-totp': '', tabindex: '-1' },
      div('', 'gate-code', challenge()),
      div(
        '',
        'gate-enrollment',
        steps(),
        deviceStatus(),
        div(
          '',
          'none',
          part('p', 'hint gate-note', { words: 'gate.enroll' }),
          part('p', 'hint', { words: 'device.why' }),
          button('set-up primary', { do: 'register', words: 'device.setUp', show: 'quiet' }),
          ...passwordForm('gate-password'),
        ),
        enrolling(),
        newCodes(),
      ),
      div(
        '',
        'gate-open',
        part('p', 'hint gate-note', { text: 'enroll-by' }),
        button('set-up', { do: 'enroll-at-gate', words: 'device.setUp' }),
      ),
      skeleton('gate-loading'),
      div('', 'quiet', part('p', 'error', { show: SHUT, text: 'error' }, { role: 'alert' })),
      button('retry primary', { show: 'gate-unavailable', do: 'refresh', words: 'device.retry' }),
      announcement(),
    ),
    div('', SHUT, draw('slot', { name: 'footer' })),
    div('', 'gate-open', draw('slot')),
  )

const SHUT = 'gate-loading gate-unavailable gate-code gate-enrollment'

const challenge = () =>
  part(
    'section',
    'challenge',
    { show: 'challenge' },
    { 'aria-labelledby': 'gate-title' },
    part('h2', 'title', { text: 'title' }, { id: 'gate-title' }),
    ...passkeyOffer(),
    div(
      '',
      'code',
      codeForm('gate-code', 'gate-hint ', part('p', 'hint', { text: 'hint' }, { id: 'gate-hint' })),
    ),
  )

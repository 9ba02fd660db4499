import { optional } from './optional.ts'
import { button, div, part } from './template.ts'

optional.drawPasskeyOffer = () =>
  div(
    '',
    'passkey passkey-alone',
    part('p', 'hint', { show: 'passkey-alone', text: 'hint' }),
    div(
      'passkey-offer',
      'passkey',
      button('use-passkey primary', { do: 'submit-passkey', words: 'passkeys.use' }, { autofocus: '' }),
      part(
        'p',
        'note passkey-note',
        {},
        { role: 'status' },
        part('span', '', { show: 'passkey-open', words: 'passkeys.open' }),
      ),
    ),
    div(
      '',
      'passkey-alone',
      div('notes', '', part('p', 'error', { text: 'error' }, { role: 'alert' })),
      div('actions', 'cancelable', button('cancel', { do: 'cancel', words: 'code.cancel' })),
    ),
    div('', 'code', part('p', 'or', { words: 'passkeys.or' })),
  )

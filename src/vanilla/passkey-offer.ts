import { optional } from './optional.ts'
import { button, div, part } from './template.ts'

optional.drawPasskeyOffer = (id) =>
  div(
    '',
    'passkey passkey-missing',
    part('p', 'hint', { show: 'passkey-missing', words: 'errors.passkey_unsupported' }),
    part('p', 'hint', { show: 'passkey-alone', words: 'passkeys.hint' }, { id: `${id}-hint` }),
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
      'passkey-alone passkey-missing',
      div('notes', '', part('p', 'error', { text: 'error' }, { role: 'alert' })),
      div('actions', 'cancelable', button('cancel', { do: 'cancel', words: 'code.cancel' })),
    ),
    div('', 'code', part('p', 'or', { show: 'passkey', words: 'passkeys.or' })),
  )

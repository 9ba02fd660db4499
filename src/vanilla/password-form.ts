import { optional } from './optional.ts'
import { button, div, part } from './template.ts'

optional.drawPasswordForm = (id) =>
  part(
    'div',
    'password-form',
    { do: 'submit-password', show: 'password' },
    {},
    part('p', 'hint', { text: 'hint' }, { id: `${id}-hint` }),
    part('label', 'password-label', { words: 'password.label' }, { for: id }),
    part(
      'input',
      'password-field',
      {},
      {
        id,
        name: 'password',
        'aria-errormessage': `${id}-error`,
        'aria-describedby': `${id}-hint`,
        autofocus: '',
      },
    ),
    div('notes', '', part('p', 'error', { text: 'error' }, { id: `${id}-error`, role: 'alert' })),
    div(
      'actions',
      '',
      part('button', 'button submit primary', { words: 'password.submit' }),
      button('cancel', { do: 'cancel', words: 'code.cancel' }),
    ),
  )

/** A page that loads the form for passwords after its elements stand there. */
import 'totp-flow/element'
import 'totp-flow/element/gate'
import { ar } from 'totp-flow/messages'
import { expect, it, onTestFinished } from 'vitest'
import { shownFlow } from '../ui/views.ts'

it('an element in the page is redrawn with the password form once that is loaded, with its own messages', async () => {
  const { flow } = shownFlow({ device: null, detail: 'ready' })
  const element = document.createElement('totp-flow')
  element.messages = ar
  element.flow = flow
  document.body.replaceChildren(element)
  onTestFinished(() => element.remove())
  const field = () => element.shadowRoot?.querySelector('[name=password]') ?? null
  expect(field()).toBeNull()
  await import('totp-flow/element/password')
  expect(field()).not.toBeNull()
  expect(element.messages).toBe(ar)
  expect(element.shadowRoot?.querySelector('label[part=password-label]')?.textContent).toBe(ar.password.label)
})

it('a press on <totp-flow> moves focus into it, and one on the app in <totp-gate> does not', () => {
  for (const [name, delegatesFocus] of [
    ['totp-flow', true],
    ['totp-gate', false],
  ] as const)
    expect(document.createElement(name).shadowRoot?.delegatesFocus).toBe(delegatesFocus)
})

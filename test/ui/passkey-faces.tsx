import { createRoot } from 'react-dom/client'
import type { TotpFlow } from 'totp-flow'
import 'totp-flow/element'
import 'totp-flow/element/passkeys'
import type { ManagedPasskeys } from 'totp-flow/passkeys'
import { StepUpDialog, TotpFlowProvider } from 'totp-flow/react'
import { PasskeyPrompt, Passkeys } from 'totp-flow/react/passkeys'
import { bindTotpFlow, showPasskeys } from 'totp-flow/vanilla/passkeys'

const HTML = `
  <main tabindex="-1" data-totp-focus aria-label="Security">
    <p role="status" data-totp-text="announcement"></p>
    <dialog data-totp-dialog aria-labelledby="why">
      <h2 id="why" data-totp-text="title"></h2>
      <p data-totp-text="hint"></p>
      <button data-totp-do="submit-passkey" data-totp-show="passkey" data-totp-words="passkeys.use" autofocus></button>
      <p role="status"><span data-totp-show="passkey-open" data-totp-words="passkeys.open"></span></p>
      <div data-totp-show="passkey-alone">
        <p role="alert" data-totp-text="error"></p>
        <button data-totp-do="cancel" data-totp-words="code.cancel"></button>
      </div>
      <form data-totp-do="submit-code" data-totp-show="code">
        <label for="code" data-totp-text="label"></label>
        <input id="code" name="code" autofocus aria-errormessage="code-error">
        <p id="code-error" role="alert" data-totp-text="error"></p>
        <button data-totp-words="code.verify"></button>
        <button type="button" data-totp-do="cancel" data-totp-words="code.cancel"></button>
      </form>
    </dialog>
  </main>`

/** Shows prompts and the list of passkeys; gives what takes them away. */
export type PasskeyFace = [name: string, show: (flow: TotpFlow, passkeys: ManagedPasskeys) => () => void]

/** The faces of a flow whose backend takes passkeys. */
export const passkeyFaces: PasskeyFace[] = [
  [
    'the React components',
    (flow, passkeys) => {
      const container = document.createElement('main')
      document.body.replaceChildren(container)
      const root = createRoot(container)
      root.render(
        <TotpFlowProvider flow={flow} passkeyPrompt={PasskeyPrompt}>
          <Passkeys passkeys={passkeys} />
          <StepUpDialog />
        </TotpFlowProvider>,
      )
      return () => root.unmount()
    },
  ],
  [
    '<totp-flow> and <totp-passkeys>',
    (flow, passkeys) => {
      const element = document.createElement('totp-flow')
      element.flow = flow
      const list = document.createElement('totp-passkeys')
      list.passkeys = passkeys
      document.body.replaceChildren(element, list)
      return () => {
        element.remove()
        list.remove()
      }
    },
  ],
  [
    'a page over bindTotpFlow',
    (flow, passkeys) => {
      const root = document.createElement('div')
      root.innerHTML = HTML
      const list = document.createElement('div')
      document.body.replaceChildren(root, list)
      const unbind = bindTotpFlow(root, flow)
      const hide = showPasskeys(list, passkeys)
      return () => {
        unbind()
        hide()
      }
    },
  ],
]

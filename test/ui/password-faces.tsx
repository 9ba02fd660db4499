import { createRoot } from 'react-dom/client'
import 'totp-flow/element'
import 'totp-flow/element/password'
import { DeviceCard, StepUpDialog, TotpFlowProvider } from 'totp-flow/react'
import { PasswordForm } from 'totp-flow/react/password'
import { bindTotpFlow } from 'totp-flow/vanilla'
import 'totp-flow/vanilla/password'
import type { Face } from './faces.tsx'

const passwordForm = (id: string) => `
  <form data-totp-do="submit-password" data-totp-show="password">
    <p id="${id}-hint" data-totp-text="hint"></p>
    <label for="${id}" data-totp-words="password.label"></label>
    <input id="${id}" name="password" autofocus aria-describedby="${id}-hint" aria-errormessage="${id}-error">
    <p id="${id}-error" role="alert" data-totp-text="error"></p>
    <button data-totp-words="password.submit"></button>
    <button type="button" data-totp-do="cancel" data-totp-words="code.cancel"></button>
  </form>`

const codeForm = (id: string) => `
  <form data-totp-do="submit-code" data-totp-show="code">
    <label for="${id}" data-totp-text="label"></label>
    <input id="${id}" name="code" autofocus aria-errormessage="${id}-error">
    <p id="${id}-error" role="alert" data-totp-text="error"></p>
    <button data-totp-words="code.verify"></button>
    <button type="button" data-totp-do="cancel" data-totp-words="code.cancel"></button>
  </form>`

const HTML = `
  <main tabindex="-1" data-totp-focus aria-label="Security">
    <p role="status" data-totp-text="announcement"></p>
    <p data-totp-text="status"></p>
    <div data-totp-show="none">
      <button data-totp-do="register" data-totp-show="quiet" data-totp-words="device.setUp"></button>
      ${passwordForm('to-set-up')}
    </div>
    <div data-totp-show="enrolling">
      <svg data-totp-qr role="img" data-totp-label="enrollment.qrCode" width="200"></svg>
      ${codeForm('first-code')}
    </div>
    <div data-totp-show="recovery-codes">
      <ol data-totp-list="recovery-codes"></ol>
      <button data-totp-do="copy-codes" data-totp-text="copy-codes"></button>
      <button data-totp-do="acknowledge" data-totp-words="recovery.keep"></button>
    </div>
    <button data-totp-do="renew-codes" data-totp-show="renewable" data-totp-words="recovery.renew"></button>
    <button data-totp-do="delete" data-totp-show="on" data-totp-words="device.remove"></button>
    <p role="alert" data-totp-show="quiet" data-totp-text="error"></p>
    <dialog data-totp-dialog aria-labelledby="why">
      <h2 id="why" data-totp-text="title"></h2>
      <p data-totp-text="purpose"></p>
      ${codeForm('code')}
      ${passwordForm('password')}
    </dialog>
  </main>`

/** The faces of a flow whose backend takes passwords. */
export const passwordFaces: Face[] = [
  [
    'the React components',
    (flow) => {
      const container = document.createElement('main')
      document.body.replaceChildren(container)
      const root = createRoot(container)
      root.render(
        <TotpFlowProvider flow={flow} passwordForm={PasswordForm}>
          <DeviceCard />
          <StepUpDialog />
        </TotpFlowProvider>,
      )
      return () => root.unmount()
    },
  ],
  [
    '<totp-flow>',
    (flow) => {
      const element = document.createElement('totp-flow')
      element.flow = flow
      document.body.replaceChildren(element)
      return () => element.remove()
    },
  ],
  [
    'a page over bindTotpFlow',
    (flow) => {
      const root = document.createElement('div')
      root.innerHTML = HTML
      document.body.replaceChildren(root)
      return bindTotpFlow(root, flow)
    },
  ],
]

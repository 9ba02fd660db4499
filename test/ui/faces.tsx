import { createRoot } from 'react-dom/client'
import type { TotpFlow } from 'totp-flow'
import 'totp-flow/element'
import { DeviceCard, StepUpDialog, TotpFlowProvider } from 'totp-flow/react'
import { bindTotpFlow } from 'totp-flow/vanilla'

export type Face = [name: string, show: (flow: TotpFlow, options?: { autoSubmit?: boolean }) => () => void]

/** The two faces of a flow, for tests that must hold of both; each gives what takes it off the page. */
export const faces: Face[] = [
  [
    'the React components',
    (flow, options) => {
      const container = document.createElement('main')
      document.body.replaceChildren(container)
      const root = createRoot(container)
      root.render(
        <TotpFlowProvider flow={flow} {...options}>
          <DeviceCard />
          <StepUpDialog />
        </TotpFlowProvider>,
      )
      return () => root.unmount()
    },
  ],
  [
    '<totp-flow>',
    (flow, { autoSubmit = true } = {}) => {
      const element = document.createElement('totp-flow')
      if (!autoSubmit) element.setAttribute('autosubmit', 'off')
      element.flow = flow
      document.body.replaceChildren(element)
      return () => element.remove()
    },
  ],
]

/** HTML of a host's own, with all that holds a secret, and outputs for it as people write them. */
const HTML = `
  <main tabindex="-1" data-totp-focus>
    <p data-totp-text="status"></p>
    <button data-totp-do="register" data-totp-show="none">Set up authenticator app</button>
    <form data-totp-do="submit-code" data-totp-show="enrolling challenge">
      <div data-totp-show="picture">
        <svg data-totp-qr role="img" aria-label="QR code" width="200"></svg>
        <a data-totp-link>Open in an app</a>
        <label for="key">Setup key</label> <output id="key" data-totp-text="secret"></output>
        <output data-totp-list="setup-key"></output>
        <button type="button" data-totp-do="copy-key" data-totp-text="copy-key"></button>
        <p data-totp-text="copy-key-note"></p>
      </div>
      <label for="code" data-totp-text="label"></label> <input id="code" name="code" autofocus aria-describedby="note"
        aria-errormessage="error">
      <p id="note" data-totp-show="calm" data-totp-text="note"></p>
      <p data-totp-show="throttled" data-totp-text="countdown"></p>
      <button>Verify</button>
      <button type="button" data-totp-do="cancel">Cancel</button>
      <button type="button" data-totp-do="switch-method" data-totp-show="recovery-offered"
        data-totp-text="other-method"></button>
    </form>
    <div data-totp-show="recovery-codes">
      <ol data-totp-list="recovery-codes"></ol>
      <button data-totp-do="copy-codes" data-totp-text="copy-codes"></button>
      <button data-totp-do="download-codes">Download</button>
      <p data-totp-text="copy-codes-note"></p>
      <button data-totp-do="acknowledge">I have saved these codes</button>
    </div>
    <button data-totp-do="renew-codes" data-totp-show="renewable">Generate new codes</button>
    <button data-totp-do="delete" data-totp-show="on">Remove authenticator app</button>
    <p id="error" role="alert" data-totp-text="error"></p>
    <p role="status" data-totp-text="announcement"></p>
  </main>`

export const boundPage: Face = [
  'a page over bindTotpFlow',
  (flow, options) => {
    const root = document.createElement('div')
    root.innerHTML = HTML
    document.body.replaceChildren(root)
    return bindTotpFlow(root, flow, options)
  },
]

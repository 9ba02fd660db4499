import type { TotpFlow } from 'totp-flow'
import { bindTotpFlow } from 'totp-flow/vanilla'

const page = `
  <button data-totp-do="register" data-totp-show="none">Set up</button>
  <form data-totp-do="submit-code" data-totp-show="enrolling">
    <svg data-totp-qr role="img" aria-label="QR code"></svg>
    <input name="code" aria-label="6-digit code"> <button>Verify</button>
  </form>
  <p data-totp-show="on">Authenticator app is on</p>
  <p role="alert" data-totp-text="error"></p>`

export function show(flow: TotpFlow): () => void {
  document.body.innerHTML = page
  return bindTotpFlow(document.body, flow) // ends the binding
}

import type { TotpFlow } from 'totp-flow'
import { bindTotpFlow } from 'totp-flow/vanilla'

const page = `<main tabindex="-1" data-totp-focus>
  <button data-totp-do="register" data-totp-show="none">Set up</button>
  <form data-totp-do="submit-code" data-totp-show="awaitingCode verifying">
    <div data-totp-show="picture">
      <svg data-totp-qr role="img" aria-label="QR code" width="200"></svg>
      <p>Or type this key into the app: <code data-totp-text="secret"></code></p>
    </div>
    <p data-totp-show="resumed">Type the code of the account that you have scanned.</p>
    <label>6-digit code <input name="code" autofocus></label>
    <button>Verify</button> <button type="button" data-totp-do="cancel">Cancel</button>
  </form>
  <div data-totp-show="recovery-codes">
    <p>Keep these for the day when your phone is lost. Each works once.</p>
    <ol data-totp-list="recovery-codes"></ol>
    <button data-totp-do="acknowledge">I saved them</button>
  </div>
  <p data-totp-show="on">Authenticator app is on <button data-totp-do="delete">Remove</button></p>
  <p role="alert" data-totp-text="error"></p>
</main>`

export function show(flow: TotpFlow): () => void {
  document.body.innerHTML = page
  return bindTotpFlow(document.body, flow) // ends the binding
}

import type { TotpFlow } from 'totp-flow'
import { bindTotpFlow } from 'totp-flow/vanilla'

const page = `<main tabindex="-1" aria-labelledby="heading" data-totp-focus hidden data-totp-cloak>
  <h1 id="heading">Authenticator app</h1>
  <p role="status" data-totp-text="announcement"></p>
  <p data-totp-text="status"></p>
  <button data-totp-do="register" data-totp-show="none">Set up authenticator app</button>
  <form data-totp-do="submit-code" data-totp-show="enrolling challenge">
    <div id="what">
      <h2 data-totp-show="challenge" data-totp-text="title"></h2>
      <p data-totp-show="challenge" data-totp-text="purpose"></p>
      <p data-totp-show="picture">Scan this with your authenticator app, then enter the 6-digit code that it shows.</p>
      <p data-totp-show="resumed">Enter the code of the account that you have scanned.</p>
    </div>
    <div data-totp-show="picture">
      <svg data-totp-qr role="img" aria-label="QR code" width="200"></svg>
      <p><a data-totp-link>Open in an authenticator app</a></p>
      <p>Or type this key into the app: <code data-totp-text="secret"></code></p>
    </div>
    <label for="code">6-digit code</label>
    <input id="code" name="code" autofocus aria-describedby="what note" aria-errormessage="error">
    <p id="note" data-totp-show="calm" data-totp-text="note"></p>
    <p id="error" role="alert" data-totp-text="error"></p>
    <p data-totp-show="throttled" data-totp-text="countdown"></p>
    <button>Verify</button> <button type="button" data-totp-do="cancel">Cancel</button>
  </form>
  <section data-totp-show="recovery-codes" tabindex="-1" aria-label="Save your recovery codes" data-totp-focus>
    <h2>Save your recovery codes</h2>
    <p>If you lose your phone, use one in place of the 6-digit code. Each works once.</p>
    <ol data-totp-list="recovery-codes" aria-label="Recovery codes"></ol>
    <button data-totp-do="acknowledge">I have saved these codes</button>
  </section>
  <button data-totp-do="delete" data-totp-show="on">Remove authenticator app</button>
  <p role="alert" data-totp-show="quiet" data-totp-text="error"></p>
</main>`

/** Returns the function that ends the binding. */
export function show(flow: TotpFlow): () => void {
  document.body.innerHTML = page
  return bindTotpFlow(document.body, flow)
}

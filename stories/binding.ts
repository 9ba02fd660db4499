import type { TotpFlow } from 'totp-flow'
import { bindTotpFlow } from 'totp-flow/vanilla'
import 'totp-flow/vanilla/password'

/** Plain HTML: the attributes say what to show, and when. One document can hold several copies. */
const html = (nth: number) => `
  <h1>Security</h1>
  <p data-totp-text="status"></p>
  <p class="muted" data-totp-show="loading">Loading …</p>

  <div data-totp-show="none">
    <p data-totp-words="device.why"></p>
    <button class="primary" data-totp-do="register" data-totp-show="quiet" data-totp-words="device.setUp"></button>
  </div>

  <form data-totp-do="submit-password" data-totp-show="password">
    <h2 data-totp-text="title" data-totp-show="challenge"></h2>
    <p id="password-hint-${nth}" data-totp-text="hint"></p>
    <label for="password-${nth}" data-totp-words="password.label"></label>
    <input id="password-${nth}" name="password" autofocus aria-describedby="password-hint-${nth}"
      aria-errormessage="password-error-${nth}">
    <p id="password-error-${nth}" role="alert" class="error" data-totp-text="error"></p>
    <button class="primary" data-totp-words="password.submit"></button>
    <button type="button" data-totp-do="cancel" data-totp-words="code.cancel"></button>
  </form>

  <form data-totp-do="submit-code" data-totp-show="code" novalidate>
    <div data-totp-show="picture">
      <svg data-totp-qr role="img" aria-label="QR code" class="plain-qr" data-totp-show="enrolling"></svg>
      <p id="key-${nth}">Setup key</p>
      <div role="group" aria-labelledby="key-${nth}" class="plain-key" data-totp-text="secret"></div>
    </div>
    <h2 data-totp-text="title" data-totp-show="challenge"></h2>
    <label for="code-${nth}" data-totp-text="label"></label>
    <input id="code-${nth}" name="code" aria-describedby="note-${nth}" aria-errormessage="error-${nth}">
    <p id="error-${nth}" role="alert" class="error" data-totp-text="error"></p>
    <p class="small" data-totp-text="countdown"></p>
    <p id="note-${nth}" class="small" data-totp-show="calm" data-totp-text="note"></p>
    <button class="primary" data-totp-words="code.verify"></button>
    <button type="button" data-totp-do="cancel" data-totp-words="code.cancel"></button>
  </form>

  <div data-totp-show="recovery-codes">
    <h2 data-totp-words="recovery.title"></h2>
    <p data-totp-words="recovery.hint"></p>
    <ol data-totp-list="recovery-codes" data-totp-label="recovery.list"></ol>
    <button data-totp-do="copy-codes" data-totp-text="copy-codes"></button>
    <button data-totp-do="acknowledge" data-totp-words="recovery.keep"></button>
  </div>

  <button data-totp-show="renewable" data-totp-do="renew-codes" data-totp-words="recovery.renew"></button>
  <div class="action" data-totp-show="on">
    <button class="primary" data-totp-do="step-up" data-totp-scopes="wallet:export">Export private key</button>
    <p role="status" class="small" data-exported></p>
    <button data-totp-do="delete" data-totp-words="device.remove"></button>
  </div>
  <button class="primary" data-totp-show="unavailable" data-totp-do="refresh" data-totp-words="device.retry"></button>`

let count = 0

/** `bindTotpFlow` with plain HTML. */
export function startBinding(root: HTMLElement, flow: TotpFlow): () => void {
  root.innerHTML = html(++count)
  const said = root.querySelector('[data-exported]')
  const unbind = bindTotpFlow(root, flow)
  const silence = flow.on('elevated', () => {
    if (said && flow.takeElevatedToken('wallet:export')) said.textContent = 'The key is exported.'
  })
  return () => {
    unbind()
    silence()
  }
}

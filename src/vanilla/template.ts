const codeForm = (id: string, hint: string) => `
  <div part="code-form" data-totp-do="submit-code">
    ${hint}
    <label part="code-label" for="${id}" data-totp-text="label"></label>
    <input part="code-field" id="${id}" name="code" aria-describedby="${id}-notes" autofocus>
    <div part="notes" id="${id}-notes">
      <p part="error" role="alert" data-totp-text="error"></p>
      <p part="countdown" data-totp-show="throttled" data-totp-text="countdown"></p>
      <p part="help" data-totp-show="help" data-totp-text="help"></p>
      <p part="note" data-totp-show="calm" data-totp-text="note"></p>
    </div>
    <div part="actions">
      <button part="button submit primary" data-totp-words="code.verify"></button>
      <button part="button cancel" type="button" data-totp-do="cancel" data-totp-words="code.cancel"></button>
      <button part="button switch-method link" type="button" data-totp-do="switch-method"
        data-totp-show="recovery-offered" data-totp-text="other-method"></button>
    </div>
  </div>`

const shield = (show: string, mark: string) => `
  <svg part="shield" viewBox="0 0 24 24" aria-hidden="true" data-totp-show="${show}">
    <path d="M12 2.8 4.8 5.6v5.9c0 4.5 3 8 7.2 9.7 4.2-1.7 7.2-5.2 7.2-9.7V5.6z"/>${mark}
  </svg>`

const step = (name: string, index: number) => `
  <li part="step" data-totp-step="${index}"><span data-totp-words="enrollment.${name}"></span><span
    part="unseen" data-totp-words="enrollment.done" hidden></span></li>`

const codesError = '<p part="error" role="alert" data-totp-text="codes-error"></p>'

/** What `<totp-flow>` shows, for `bindTotpFlow`: the parts of the React components, by the same names. */
export const template = `
<section data-totp part="root" tabindex="-1" data-totp-focus>
  <ol part="steps" data-totp-show="enrolling finished" data-totp-label="enrollment.steps">${['scan', 'type', 'finished'].map(step).join('')}</ol>
  <p part="subtitle" data-totp-show="guarded" data-totp-words="device.guarded"></p>
  <div part="device-status">
    <div part="none" data-totp-show="none" >${shield('none', '')}</div>
    <div part="on" data-totp-show="on">${shield('on', '<path d="m8.6 11.9 2.4 2.5 4.5-4.9"/>')}</div>
    <p part="status" role="status"><span data-totp-text="status"></span><span
      part="unseen" data-totp-show="loading" data-totp-words="device.loading"></span></p>
    <p part="since" data-totp-show="on" data-totp-text="since"></p>
  </div>
  <div part="skeleton" aria-hidden="true" data-totp-show="loading"><span></span><span></span><span></span></div>

  <div data-totp-show="none">
    <p part="hint" data-totp-words="device.why"></p>
    <button part="button set-up primary" type="button" data-totp-do="register" data-totp-words="device.setUp"></button>
  </div>

  <div data-totp-show="enrolling">
    <p part="hint" data-totp-show="picture" data-totp-words="enrollment.scanHint"></p>
    <p part="hint" data-totp-show="resumed"><span data-totp-text="before-start-over"></span><button
      part="button start-over link" type="button" data-totp-do="register"
      data-totp-words="enrollment.startOver"></button><span data-totp-text="after-start-over"></span></p>
    <div data-totp-show="picture">
      <a part="button deep-link" data-totp-link data-totp-words="enrollment.openApp"></a>
      <svg part="qr-code" role="img" data-totp-qr data-totp-label="enrollment.qrCode"></svg>
      <div part="setup-key">
        <div part="key-label" id="setup-key" data-totp-words="enrollment.setupKey"></div>
        <div part="setup-key-row">
          <div part="key" role="group" aria-labelledby="setup-key" dir="ltr" translate="no"
            data-totp-list="setup-key"></div>
          <button part="button copy" type="button" aria-live="polite" data-totp-do="copy-key"
            data-totp-text="copy-key"></button>
        </div>
        <p part="copy-note" role="status" data-totp-text="copy-key-note"></p>
      </div>
    </div>
    ${codeForm('enrollment-code', '')}
  </div>

  <div data-totp-show="on">
    <section data-totp part="recovery-codes" aria-labelledby="codes-title" data-totp-show="recovery-codes">
      <h2 part="title" id="codes-title" data-totp-words="recovery.title"></h2>
      <p part="hint" data-totp-words="recovery.hint"></p>
      <ol part="code-list" dir="ltr" translate="no" data-totp-list="recovery-codes" data-totp-label="recovery.list"></ol>
      <div part="row">
        <button part="button copy" type="button" aria-live="polite" data-totp-do="copy-codes"
          data-totp-text="copy-codes"></button>
        <button part="button download" type="button" data-totp-do="download-codes"
          data-totp-words="recovery.download"></button>
      </div>
      <p part="copy-note" role="status" data-totp-text="copy-codes-note"></p>
      <button part="button keep primary" type="button" data-totp-do="acknowledge" data-totp-words="recovery.keep"></button>
      ${codesError}
    </section>
    <section data-totp part="recovery-codes" aria-labelledby="codes-left" data-totp-show="renewable">
      <h2 part="title" id="codes-left" data-totp-text="codes-title"></h2>
      <p part="hint unsaved" data-totp-show="unsaved" data-totp-words="recovery.unsaved"></p>
      <p part="hint" data-totp-text="renew-why"></p>
      <div part="choices">
        <button part="button keep" type="button" data-totp-do="acknowledge" data-totp-show="unsaved"
          data-totp-words="recovery.keep"></button>
        <button part="button renew" type="button" data-totp-do="renew-codes" data-totp-words="recovery.renew"></button>
      </div>
      ${codesError}
    </section>
    <slot></slot>
    <div part="remove-row">
      <p data-totp-words="device.removeWhy"></p>
      <button part="button remove danger" type="button" data-totp-do="delete" data-totp-words="device.remove"></button>
    </div>
  </div>

  <p part="error" role="alert" data-totp-show="quiet" data-totp-text="error"></p>
  <button part="button retry primary" type="button" data-totp-show="unavailable" data-totp-do="refresh"
    data-totp-words="device.retry"></button>

  <dialog data-totp part="dialog" data-totp-dialog aria-labelledby="challenge-title" aria-describedby="challenge-purpose">
    <h2 part="title" id="challenge-title" data-totp-text="title"></h2>
    <p part="purpose" id="challenge-purpose" data-totp-text="purpose"></p>
    ${codeForm('challenge-code', '<p part="hint" data-totp-text="hint"></p>')}
  </dialog>
</section>`

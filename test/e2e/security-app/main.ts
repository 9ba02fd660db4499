/** An app on Dynamic's SDK as docs/testing.md has one, with the SDK set up by the example of docs/dynamic-stand-in.md. */

import { signInForDevelopment } from 'example:docs/dynamic-stand-in.md/1'
import {
  authenticateTotpMfaDevice,
  getElevatedAccessToken,
  registerTotpMfaDevice,
  TokenScope,
  waitForClientInitialized,
} from '@dynamic-labs-sdk/client'
import { qrPath } from 'totp-flow/qr'

const main = document.querySelector('main') ?? document.body
const CODE_FIELD = '<label>Code <input autocomplete="one-time-code"></label>'
const on = (selector: string, event: string, act: (code: string) => Promise<void>) =>
  main.querySelector(selector)?.addEventListener(event, () => act(main.querySelector('input')?.value ?? ''))

function showOff() {
  main.innerHTML = '<button>Set up authenticator app</button>'
  on('button', 'click', async () => {
    const { uri } = await registerTotpMfaDevice()
    const { path, size } = qrPath(uri)
    main.innerHTML = `<svg viewBox="0 0 ${size} ${size}" width="300"><path d="${path}" /></svg>${CODE_FIELD}<button>Verify</button>`
    on('button', 'click', async (code) => {
      await authenticateTotpMfaDevice({ code })
      showOn()
    })
  })
}

function showOn() {
  main.innerHTML = '<p>Authenticator app is on</p><button>Export key</button>'
  on('button', 'click', async () => {
    main.innerHTML = CODE_FIELD
    on('input', 'input', async (code) => {
      await authenticateTotpMfaDevice({ code, requestedScopes: [TokenScope.Walletexport] })
      main.textContent = getElevatedAccessToken({ scope: 'wallet:export' }) ? '0x5eed' : 'refused'
    })
  })
}

await waitForClientInitialized()
await signInForDevelopment('ann@example.com')
showOff()

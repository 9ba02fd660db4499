/** The page of docs/plain-html.md over `bindTotpFlow`, with buttons of the host for what asks for a code later. */
import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { show } from '../../../examples/tasks/html.ts'

const flow = createTotpFlow({ backend: memoryBackend() })
show(flow)
const ofHost = document.createElement('section')
ofHost.innerHTML = `<h2>Wallet</h2>
  <button id="export">Export private key</button>
  <button id="renew">Generate new codes</button>`
const exported = document.createElement('p')
exported.role = 'status'
document.querySelector('main')?.append(ofHost, exported)
const find = (selector: string) => document.querySelector(selector)
flow.subscribe(() => {
  ofHost.hidden = !flow.getView().device?.verified || flow.getView().showsCodeField
})
find('#renew')?.addEventListener('click', () => flow.renewRecoveryCodes().catch(() => {}))
find('#export')?.addEventListener('click', () => {
  exported.textContent = ''
  flow.stepUp(['wallet:export'])
})
flow.on('elevated', ({ scopes }) => {
  if (!scopes.includes('wallet:export')) return
  flow.takeElevatedToken('wallet:export') // goes with the request that exports
  exported.textContent = 'Exported.'
})

import type { TotpFlow } from 'totp-flow'
import 'totp-flow/element'
import 'totp-flow/element/password'

/** `<totp-flow>` in a page, with something of the page's own that it guards. */
export function startElement(root: HTMLElement, flow: TotpFlow): () => void {
  root.innerHTML = `
    <h1>Security</h1>
    <totp-flow>
      <div class="action">
        <button type="button" class="primary">Export private key</button>
        <p role="status" class="small"></p>
      </div>
    </totp-flow>`
  const element = root.querySelector('totp-flow')
  const said = root.querySelector('[role=status]')
  if (element) element.flow = flow
  root.querySelector('button')?.addEventListener('click', () => flow.stepUp(['wallet:export']))
  element?.addEventListener('totp-elevated', () => {
    if (said && flow.takeElevatedToken('wallet:export')) said.textContent = 'The key is exported.'
  })
  return () => root.replaceChildren()
}

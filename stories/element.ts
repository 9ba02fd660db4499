import type { TotpFlow } from 'totp-flow'
import 'totp-flow/element'
import 'totp-flow/element/passkeys'
import 'totp-flow/element/password'
import type { ManagedPasskeys } from 'totp-flow/passkeys'

/** `<totp-flow>` in a page, with an action of the page's own that it protects. */
export function startElement(
  root: HTMLElement,
  flow: TotpFlow,
  passkeys?: ManagedPasskeys | undefined,
): () => void {
  root.innerHTML = `
    <h1>Security</h1>
    <totp-flow>
      <div class="action">
        <button type="button" class="primary">Export private key</button>
        <p role="status" class="small"></p>
      </div>
    </totp-flow>${passkeys ? '<totp-passkeys style="margin-block-start: 32px"></totp-passkeys>' : ''}`
  const element = root.querySelector('totp-flow')
  const said = root.querySelector('[role=status]')
  if (element) element.flow = flow
  const list = root.querySelector('totp-passkeys')
  if (list && passkeys) list.passkeys = passkeys
  root.querySelector('button')?.addEventListener('click', () => flow.stepUp(['wallet:export']))
  element?.addEventListener('totp-elevated', () => {
    if (said && flow.takeElevatedToken('wallet:export')) said.textContent = 'The key is exported.'
  })
  return () => root.replaceChildren()
}

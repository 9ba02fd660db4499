import 'totp-flow/element' // defines <totp-flow>
import type { TotpFlow } from 'totp-flow'

export function show(flow: TotpFlow) {
  const element = document.createElement('totp-flow')
  element.innerHTML = '<p>What the app guards is shown while it is on.</p>'
  element.flow = flow
  document.body.append(element)
}

import * as oauth from 'oauth4webapi'
import { TotpFlowError } from 'totp-flow'
import { createSteppedUpFetch, type OidcOptions, oidcStepUp } from 'totp-flow/oidc'

/** `ask` shows a dialog, and resolves at the click that answers it. */
export async function openBank(options: OidcOptions, ask: () => Promise<'popup' | 'redirect' | 'cancel'>) {
  const stepUp = oidcStepUp(oauth, options)
  // This is the page of `redirectUri`, too: it begins with what a redirect led to, if one did.
  const proof = await stepUp.finish()

  const fetch = createSteppedUpFetch(
    async (asked, { signal }) => {
      const answer = await ask()
      if (answer === 'popup') return stepUp.popup(asked, { signal })
      if (answer === 'redirect') return stepUp.redirect(asked)
      throw new TotpFlowError('cancelled')
    },
    { origins: [location.origin], initial: proof },
  )
  return { isBack: proof !== null, sendMoney: () => fetch('/transfers', { method: 'POST' }) }
}

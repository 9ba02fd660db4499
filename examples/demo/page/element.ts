/** The second page: the same session and the same card with `<totp-flow>`, without React. */
import 'totp-flow/element/passkeys'
import { TotpFlowError } from 'totp-flow'
import * as z from 'zod/mini'
import { post } from './post.ts'
import { resumeSession, type Session } from './session.ts'

const find = (selector: string) => document.querySelector<HTMLElement>(selector)
const Exported = z.object({ privateKey: z.string() })

const session = resumeSession()
if (session) begin(session)
else showSignedOut()

function begin({ email, flow, passkeys, fetch, end }: Session) {
  const element = document.querySelector('totp-flow')
  if (element) element.flow = flow
  const account = document.querySelector('totp-passkeys')
  if (account && passkeys) {
    account.passkeys = passkeys
    account.hidden = false
  }
  flow.subscribe(() => {
    if (flow.getView().error?.code !== 'unauthenticated') return
    end()
    showSignedOut()
  })
  write('.who', email)
  find('#sign-out')?.removeAttribute('hidden')
  find('#sign-out')?.addEventListener('click', () => flow.signOut())
  let isExporting = false
  function showBusy() {
    const button = find('#export button')
    // Shows no spinner behind the dialog while it waits for the person.
    if (button) button.ariaBusy = String(isExporting && !flow.getView().showsCodeField)
  }
  flow.subscribe(showBusy)
  find('#export')?.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (isExporting) return
    isExporting = true
    showBusy()
    write('#private-key', '')
    write('#exported', '')
    write('#export-error', '')
    try {
      write('#private-key', (await post('/demo/private-key/export', Exported, { fetch })).privateKey)
      write('#exported', 'The private key is shown.')
    } catch (cause) {
      const { code, message } = TotpFlowError.from(cause)
      if (code === 'unauthenticated') flow.signOut()
      else if (code !== 'cancelled') write('#export-error', message)
    }
    isExporting = false
    showBusy()
  })
}

function showSignedOut() {
  for (const selector of ['totp-flow', 'totp-passkeys', '.who', '#sign-out']) find(selector)?.remove()
  find('#signed-out')?.removeAttribute('hidden')
}

function write(selector: string, text: string) {
  const target = find(selector)
  if (target) target.textContent = text
}

import 'totp-flow/theme.css'
import { authClient, flow, signIn } from './page.ts'

const form = document.querySelector<HTMLFormElement>('#sign-in')
const gate = document.querySelector('totp-gate')
const output = document.querySelector<HTMLOutputElement>('#said')
const out = document.querySelector<HTMLButtonElement>('#sign-out')

/** Shows the gate with the app behind it, or the sign-in form. */
function show(isSignedIn: boolean) {
  if (form) form.hidden = isSignedIn
  if (gate) gate.hidden = !isSignedIn
  if (out) out.hidden = !isSignedIn
  if (output) output.value = isSignedIn ? '' : 'Signed out'
}

form?.addEventListener('submit', async (event) => {
  event.preventDefault()
  const entries = new FormData(form, event.submitter)
  const [email, password] = [String(entries.get('email')), String(entries.get('password'))]
  if (entries.has('new')) await authClient.signUp.email({ email, password, name: email })
  show(await signIn(email, password))
})
out?.addEventListener('click', async () => {
  await authClient.signOut()
  show(false)
})

await flow.settled()
if (!flow.getView().error) show(true)

import 'totp-flow/theme.css'
import { fetchAuthSession, signOut } from 'aws-amplify/auth'
import { showSecurity } from './page.ts'

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

const { flow, signIn } = showSecurity(await (await fetch('/config.json')).json())

form?.addEventListener('submit', async (event) => {
  event.preventDefault()
  const entries = new FormData(form)
  const [username, password] = [String(entries.get('email')), String(entries.get('password'))]
  await signIn({ username, password, options: { authFlowType: 'USER_PASSWORD_AUTH' } })
  show(true)
})
out?.addEventListener('click', async () => {
  await signOut()
  show(false)
})

const { tokens } = await fetchAuthSession()
await flow.settled()
if (tokens || flow.getView().gate === 'codeOwed') show(true)

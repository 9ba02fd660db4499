import 'totp-flow/theme.css'
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

const { supabase, signIn } = showSecurity(location.origin, 'the publishable key')

form?.addEventListener('submit', async (event) => {
  event.preventDefault()
  const entries = new FormData(form)
  show(await signIn(String(entries.get('email')), String(entries.get('password'))))
})
out?.addEventListener('click', async () => {
  await supabase.auth.signOut()
  show(false)
})

const { data } = await supabase.auth.getSession()
if (data.session) show(true)

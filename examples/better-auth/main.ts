import 'totp-flow/theme.css'
import { authClient, enterCode, flow, signIn } from './page.ts'

const form = document.querySelector<HTMLFormElement>('#sign-in')
const output = document.querySelector<HTMLOutputElement>('#said')
const out = document.querySelector<HTMLButtonElement>('#sign-out')

function show(isSignedIn: boolean) {
  if (form) form.hidden = isSignedIn
  if (out) out.hidden = !isSignedIn
  if (output) output.value = isSignedIn ? 'Welcome' : 'Signed out'
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
const { gate, error } = flow.getView()
if (gate === 'codeOwed') show(await enterCode())
else if (!error) show(true)

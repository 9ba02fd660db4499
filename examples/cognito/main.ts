import 'totp-flow/theme.css'
import { fetchAuthSession, signOut } from 'aws-amplify/auth'
import { showSecurity } from './page.ts'

const form = document.querySelector<HTMLFormElement>('#sign-in')
const output = document.querySelector<HTMLOutputElement>('#said')
const out = document.querySelector<HTMLButtonElement>('#sign-out')

function show(isSignedIn: boolean) {
  if (form) form.hidden = isSignedIn
  if (out) out.hidden = !isSignedIn
  if (output) output.value = isSignedIn ? 'Welcome' : 'Signed out'
}

const { flow, signIn, enterCode } = showSecurity(await (await fetch('/config.json')).json())

form?.addEventListener('submit', async (event) => {
  event.preventDefault()
  const entries = new FormData(form)
  const [username, password] = [String(entries.get('email')), String(entries.get('password'))]
  show(await signIn({ username, password, options: { authFlowType: 'USER_PASSWORD_AUTH' } }))
})
out?.addEventListener('click', async () => {
  await signOut()
  show(false)
})

const isSignedIn = (await fetchAuthSession()).tokens !== undefined
await flow.settled()
if (isSignedIn) show(true)
else if (flow.getView().gate === 'codeOwed') show(await enterCode())

import 'totp-flow/theme.css'
import { showSecurity } from './page.ts'

const form = document.querySelector('form')
const actions = document.querySelector('p')
const output = document.querySelector('output')
const on = (id: string, act: () => Promise<string>) =>
  document.getElementById(id)?.addEventListener('click', async () => {
    if (output) output.value = await act()
  })

form?.addEventListener('submit', async (event) => {
  event.preventDefault()
  form.hidden = true
  const email = new FormData(form).get('email')
  const headers = { 'content-type': 'application/json' }
  const signedIn = await fetch('/sign-in', { method: 'POST', headers, body: JSON.stringify({ email }) })
  const { pay, signOut } = await showSecurity(await signedIn.json())
  if (output) output.value = 'Welcome'
  if (actions) actions.hidden = false
  on('pay', async () => `Paid by ${(await pay()).paidBy}`)
  on('sign-out', async () => {
    await signOut()
    return 'Signed out'
  })
})

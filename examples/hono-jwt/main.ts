import 'totp-flow/theme.css'
import { showSecurity } from './page.ts'

const form = document.querySelector('form')
const actions = document.querySelector('p')
const output = document.querySelector('output')

form?.addEventListener('submit', async (event) => {
  event.preventDefault()
  form.hidden = true
  const email = new FormData(form).get('email')
  const signedIn = await fetch('/sign-in', { method: 'POST', body: JSON.stringify({ email }) })
  const { start, pay } = showSecurity(await signedIn.json(), (name) => {
    if (output) output.value = `Welcome, ${name}`
    if (actions) actions.hidden = false
  })
  document.getElementById('pay')?.addEventListener('click', async () => {
    const { paidBy } = await pay()
    if (output) output.value = `Paid by ${paidBy}`
  })
  await start()
})

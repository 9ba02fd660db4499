import 'totp-flow/theme.css'
import { openApp } from './page-cookies.ts'

const one = <E extends Element>(selector: string) => document.querySelector<E>(selector) as E
const [form, main, out] = [
  one<HTMLFormElement>('#sign-in'),
  one<HTMLElement>('main'),
  one<HTMLButtonElement>('#sign-out'),
]

/** The provider of the session: better-auth, or Auth.js, which has pages of its own to sign in and out. */
const isAuthjs = location.search === '?authjs'
const send = (path: string, body: object) =>
  fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
async function signOutThere() {
  if (!isAuthjs) return send('/api/auth/sign-out', {})
  const { csrfToken } = await (await fetch('/auth/csrf')).json()
  return send('/auth/signout', { csrfToken })
}

function show() {
  const content = one<HTMLTemplateElement>('template').content.cloneNode(true) as DocumentFragment
  const output = content.querySelector('output')
  const pay = content.querySelector('#pay')
  const app = openApp(main, content, signOutThere)
  pay?.addEventListener('click', async () => {
    const { paidBy } = await app.pay()
    if (output) output.value = `Paid by ${paidBy}`
  })
  out.onclick = async () => {
    await app.signOut()
    location.reload()
  }
  form.hidden = true
  out.hidden = false
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const entries = new FormData(form, event.submitter)
  const [email, password] = [String(entries.get('email')), String(entries.get('password'))]
  const way = entries.has('new') ? 'sign-up' : 'sign-in'
  const { ok } = await send(`/api/auth/${way}/email`, { email, password, name: email })
  if (ok) show()
})

const session = await fetch(isAuthjs ? '/auth/session' : '/api/auth/get-session')
if ((await session.json()) !== null) show()
else form.hidden = isAuthjs

import type { TotpFlow } from '../flow/create-totp-flow.ts'
import type { TotpView } from '../flow/view.ts'
import { qrPath } from '../qr/qr-path.ts'

/**
 * Binds a flow to plain HTML and returns the function that unbinds it. The HTML is the template:
 *
 * - `data-totp-show="idle elevated"` shows the element in those states only
 * - `data-totp-text="secret"` fills the element with that piece of the view: `state detail secret scopes error`
 * - `data-totp-qr` on an `<svg>` draws the QR code into it
 * - `data-totp-do="register"` on a button runs that verb: `register step-up delete cancel refresh`; it is disabled while
 *   the chart would refuse (`data-totp-scopes="wallet:export"` names what a step-up asks for)
 * - `<form data-totp-do="submit-code">` submits its `code` field
 */
export function bindTotpFlow(root: HTMLElement, flow: TotpFlow): () => void {
  const all = <Found extends Element = HTMLElement>(name: string) =>
    root.querySelectorAll<Found>(`[data-totp-${name}]`)

  function render() {
    const view = flow.getView()
    const text = textOf(view)
    root.ariaBusy = String(view.busy)
    for (const el of all('show')) el.hidden = !el.dataset.totpShow?.split(' ').includes(view.state)
    for (const el of all('text')) el.textContent = text[el.dataset.totpText ?? ''] ?? ''
    for (const el of all<SVGElement>('qr')) drawQr(el, view)
    for (const el of all('do'))
      if (el instanceof HTMLButtonElement) el.disabled = !isAllowed(view, el.dataset.totpDo)
  }

  function run(event: Event) {
    if (!(event.target instanceof Element)) return
    const source = event.target.closest<HTMLElement>('[data-totp-do]')
    if (!source || source instanceof HTMLFormElement !== (event.type === 'submit')) return
    event.preventDefault()
    verbs[source.dataset.totpDo ?? '']?.(flow, source)
  }

  const unsubscribe = flow.subscribe(render)
  root.addEventListener('click', run)
  root.addEventListener('submit', run)
  render()
  return () => {
    unsubscribe()
    root.removeEventListener('click', run)
    root.removeEventListener('submit', run)
  }
}

const verbs: Record<string, (flow: TotpFlow, source: HTMLElement) => void> = {
  register: (flow) => flow.register(),
  delete: (flow) => flow.deleteDevice(),
  cancel: (flow) => flow.cancel(),
  refresh: (flow) => flow.refresh(),
  'step-up': (flow, { dataset }) => flow.stepUp((dataset.totpScopes?.split(' ') ?? []).filter(isScope)),
  'submit-code': (flow, form) => {
    if (form instanceof HTMLFormElement) flow.submitCode(String(new FormData(form).get('code') ?? ''))
  },
}

const isScope = (text: string): text is `${string}:${string}` => text.includes(':')

const isAllowed = ({ can }: TotpView, verb: string | undefined) =>
  ({
    register: can.register,
    delete: can.deleteDevice,
    cancel: can.cancel,
    refresh: can.refresh,
    'step-up': can.stepUp,
  })[verb ?? ''] ?? true

const textOf = ({
  state,
  detail,
  registration,
  elevation,
  error,
}: TotpView): Record<string, string | undefined> => ({
  state,
  detail: detail ?? '',
  secret: registration?.unseal().secret,
  scopes: elevation?.scopes.join(', '),
  error: error?.message,
})

function drawQr(svg: SVGElement, { registration }: TotpView) {
  const uri = registration?.unseal().uri
  if (uri === undefined) return svg.replaceChildren()
  const { size, path } = qrPath(uri)
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`)
  const shape = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  shape.setAttribute('d', path)
  svg.replaceChildren(shape)
}

import type { Scope } from '../contract/scopes.ts'
import type { TotpFlow } from '../flow/totp-flow.ts'
import type { Messages } from '../messages/messages.ts'
import type { CodePrompt } from '../ui/code-prompt.ts'
import type { CodesLeft } from '../ui/codes-left.ts'
import { codesSheet } from '../ui/codes-sheet.ts'
import type { CodesWork } from '../ui/codes-work.ts'
import { copyText, SAYS_COPIED_MS } from '../ui/copy-text.ts'
import type { SignInGate } from '../ui/gate.ts'
import type { Outcomes, Verb } from '../ui/present.ts'
import { printCodes } from '../ui/print-codes.ts'
import { saveFile } from '../ui/save-file.ts'
import type { BoundPasswords } from './optional.ts'

/** A flow and the HTML that it is bound to. */
export interface Bound {
  root: HTMLElement | ShadowRoot
  flow: TotpFlow
  prompt: CodePrompt
  passwords: BoundPasswords | undefined
  messages: Messages
  outcomes: Outcomes
  codesLeft: CodesLeft
  codesWork: CodesWork
  gate?: SignInGate
  render(): void
}

type Act = (bound: Bound, source: HTMLElement) => unknown

/** The verbs that `data-totp-do` can name. */
export const verbs: Record<Exclude<Verb, 'submit-passkey'>, Act> & { 'submit-passkey'?: Act } = {
  register: ({ flow }) => flow.register(),
  'enroll-at-gate': ({ flow, gate }) => (gate ? gate.enroll() : flow.register()),
  delete: ({ flow, root }) =>
    flow.deleteDevice({ confirm: root.querySelector('[data-totp-do=confirm-delete]') !== null }),
  'confirm-delete': ({ flow }) => flow.deleteDevice(),
  cancel: ({ flow }) => flow.cancel(),
  refresh: ({ flow }) => flow.refresh(),
  // An attribute may hold anything: the chart refuses malformed scopes.
  'step-up': ({ flow }, { dataset }) =>
    flow.stepUp((dataset.totpScopes?.match(/\S+/g) ?? []) as Scope[], { reason: dataset.totpReason }),
  'submit-code': ({ prompt }, form) => {
    const field = form.querySelector<HTMLInputElement>('[name=code]')
    prompt.type(field?.value ?? '')
    if (prompt.submit()) return
    field?.focus()
    field?.select()
  },
  'submit-password': ({ passwords }, form) => passwords?.submit(form),
  'switch-method': ({ prompt }) => prompt.use(prompt.getState().method === 'app' ? 'recovery' : 'app'),
  'copy-key': (bound) => copy(bound, 'setup-key', bound.flow.getView().registration?.unseal().secret),
  'copy-codes': async (bound) => {
    await copy(bound, 'recovery-codes', bound.flow.getView().recoveryCodes?.unseal().join('\n'))
    bound.codesWork.take()
  },
  'download-codes': ({ flow, messages, codesWork }) => {
    if (saveFile(messages.recovery.file, codesSheet(flow.getView(), messages, new Date()))) codesWork.take()
  },
  'print-codes': ({ flow, messages, codesWork }) => {
    printCodes(codesSheet(flow.getView(), messages, new Date()), messages, codesWork.take)
  },
  acknowledge: ({ codesWork, codesLeft }) => codesWork.run('acknowledge', () => codesLeft.keep()),
  'renew-codes': ({ codesWork, flow }) => codesWork.run('renew-codes', () => flow.renewRecoveryCodes()),
}

async function copy(bound: Bound, list: keyof Outcomes, text = '') {
  const { root, flow, outcomes, render } = bound
  const outcome = await copyText(flow, list, text, root.querySelector(`[data-totp-list=${list}]`))
  outcomes[list] = outcome
  render()
  if (outcome !== 'copied') return
  setTimeout(() => {
    outcomes[list] = null
    render()
  }, SAYS_COPIED_MS)
}

export const isVerb = (name: string | undefined): name is Verb =>
  name !== undefined && Object.hasOwn(verbs, name)

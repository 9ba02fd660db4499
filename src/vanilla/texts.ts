import type { Messages } from '../messages/messages.ts'
import { around, purposesOf, sentenceOf } from '../messages/sentence.ts'
import { dateOf } from '../ui/date-of.ts'
import type { Bound } from './verbs.ts'

/** What `data-totp-text` can name. */
export function textsOf(bound: Bound): Record<string, string> {
  const { flow, prompt, messages, outcomes, codesWork, codesLeft } = bound
  const { device, enrollment, code, challenge, recovery } = messages
  const { state, detail, registration, elevation, error, showsCodeField, intent, ...view } = flow.getView()
  const { method, error: codeError, isAppCode, secondsLeft } = prompt.getState()
  const shownError = showsCodeField ? codeError : (codesWork.getState().failure ?? error)
  const isRemoval = intent === 'delete'
  const isApp = method === 'app'
  const [beforeStartOver, afterStartOver] = around(enrollment.resumed, enrollment.startOver)
  const left = codesLeft.getState()
  const since = dateOf(view.device?.verifiedAt ?? view.device?.createdAt ?? '')
  return {
    state,
    detail: detail ?? '',
    secret: registration?.unseal().secret ?? '',
    scopes: elevation?.scopes.join(', ') ?? '',
    error:
      showsCodeField && isAppCode
        ? code.isAppCode
        : shownError
          ? sentenceOf(messages, shownError, showsCodeField && !isApp)
          : '',
    countdown: secondsLeft > 0 ? code.wait(secondsLeft) : '',
    title: isRemoval ? challenge.removeTitle : challenge.title,
    hint: isApp ? (isRemoval ? challenge.removeHint : challenge.hint) : challenge.recoveryHint,
    label: isApp ? code.label : code.recoveryLabel,
    note: isApp ? code.note : code.recoveryNote,
    'other-method': isApp ? code.useRecoveryCode : code.useApp,
    status: view.device?.verified
      ? device.on
      : view.device === undefined || showsCodeField
        ? ''
        : device.none,
    since: since ? device.since(device.time(since)) : '',
    'before-start-over': beforeStartOver,
    'after-start-over': afterStartOver,
    'copy-key': outcomes.get('setup-key') === 'copied' ? enrollment.copied : enrollment.copy,
    'copy-key-note': outcomes.get('setup-key') === 'selected' ? enrollment.keySelected : '',
    purpose: purposesOf(messages, view.requestedScopes),
    'codes-left': left === null ? recovery.list : recovery.left(left.count),
    'renew-why': left?.acknowledged === false ? '' : recovery.renewWhy,
    'copy-codes': outcomes.get('recovery-codes') === 'copied' ? recovery.copied : recovery.copy,
    'copy-codes-note': outcomes.get('recovery-codes') === 'selected' ? recovery.selected : '',
  }
}

/** The entry of a catalog at a path such as `device.setUp`; empty where there is none. */
export function wordsAt(messages: Messages, path: string): string {
  let found: unknown = messages
  for (const key of path.split('.')) {
    found = typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined
  }
  return typeof found === 'string' ? found : ''
}

import type { TotpFlowError } from '../contract/errors.ts'
import type { Messages } from './messages.ts'

/** Returns the sentence for an error. `isRecoveryCode`: the rejected code was a recovery code. */
export function sentenceOf(messages: Messages, error: TotpFlowError, isRecoveryCode = false): string {
  return (isRecoveryCode && messages.recoveryErrors[error.code]) || messages.errors[error.code]
}

/** The text before and after a piece of a sentence that is an element of its own. */
export function around(sentence: (piece: string) => string, piece: string): [before: string, after: string] {
  const whole = sentence(piece)
  const at = whole.indexOf(piece)
  return at < 0 ? [whole, ''] : [whole.slice(0, at), whole.slice(at + piece.length)]
}

/** What the person is about to do, for the scopes that the messages list. */
export const purposesOf = ({ challenge }: Messages, scopes: readonly string[]): string =>
  Object.entries(challenge.purposes)
    .flatMap(([scope, sentence]) => (scopes.includes(scope) ? [sentence] : []))
    .join(' ')

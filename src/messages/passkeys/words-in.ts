import type { Messages } from '../messages.ts'
import { en } from './en.ts'
import type { PasskeyMessages } from './messages.ts'

let hasTold = false

/** The messages' words about passkeys, or else English. */
export function passkeyWords({ passkeys, lang }: Messages): PasskeyMessages {
  if (!passkeys && !lang.startsWith('en') && !hasTold) {
    hasTold = true
    console.error(
      `totp-flow: the messages (${lang}) have no words about passkeys. Pass { ...messages, passkeys } with those of totp-flow/messages/passkeys.`,
    )
  }
  return passkeys ?? en
}

import type { TotpView } from '../flow/view.ts'
import type { Messages } from '../messages/messages.ts'

/** What a person saves with recovery codes: the account, the date and how the codes work. */
export interface CodesSheet {
  title: string
  lines: string[]
  codes: readonly string[]
}

/** `now` is when they are saved. */
export function codesSheet({ label, recoveryCodes }: TotpView, messages: Messages, now: Date): CodesSheet {
  const { recovery, device, code } = messages
  return {
    title: recovery.list,
    lines: [...(label ? [label.replace(/: */, ': ')] : []), device.time(now), code.recoveryNote],
    codes: recoveryCodes?.unseal() ?? [],
  }
}

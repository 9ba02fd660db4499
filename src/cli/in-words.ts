import { TotpFlowError } from '../contract/errors.ts'
import { causeCode } from '../server/audit/cause-code.ts'
import { reasonOf, StartError } from '../server/node/index.ts'

const FULL = ['SQLITE_FULL', 'ENOSPC', 'EDQUOT', '53100']

/** What a command failed with, for who typed it: why it failed, and what to do about a full disk, whichever step met it. */
export function inWords(thrown: unknown): unknown {
  const isFull = FULL.includes(causeCode(thrown) ?? '')
  // The words of a server's failure are for its clients, and tell them no cause.
  const isHidden = thrown instanceof TotpFlowError && thrown.code === 'server'
  if (!isFull && !isHidden) return thrown
  const said = thrown instanceof StartError ? thrown.message : `It was not done (${reasonOf(thrown)}).`
  return new StartError(isFull ? `${said} The disk is full. Make room, and try again.` : said, {
    cause: thrown,
  })
}

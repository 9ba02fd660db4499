import { TotpFlowError } from '../contract/errors.ts'
import { causeCode } from '../server/audit/cause-code.ts'
import { reasonOf, StartError } from '../server/node/index.ts'

const MAKE_ROOM = 'The disk is full. Make room, and try again.'
const NAME_THE_CA =
  'The certificate of the database is from an unknown CA. Name its CA: ?sslmode=verify-full&sslrootcert=/path/ca.pem'

/** What to do, by the error code of the cause. */
const ADVICE: Readonly<Record<string, string>> = {
  SQLITE_FULL: MAKE_ROOM,
  ENOSPC: MAKE_ROOM,
  EDQUOT: MAKE_ROOM,
  '53100': MAKE_ROOM,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NAME_THE_CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NAME_THE_CA,
  SELF_SIGNED_CERT_IN_CHAIN: NAME_THE_CA,
  DEPTH_ZERO_SELF_SIGNED_CERT: NAME_THE_CA,
  ERR_TLS_CERT_ALTNAME_INVALID:
    'The certificate of the database is for another host name. Use one that it names.',
  CERT_HAS_EXPIRED: 'The certificate of the database has expired. Renew it there, or check the clock here.',
}

/** The messages of `pg` and the database about a login without a password. */
const NO_PASSWORD = /client password must be a|empty password returned/

/** Messages of the store that already say what to do. */
const IS_WHOLE = /^(?:This role may not|The database URL) /

/** Says why something failed, in clearer words where those of the cause say too little. */
export function wordsOf(thrown: unknown): string {
  const reason = reasonOf(thrown)
  return NO_PASSWORD.test(reason) ? 'The database requires a password, and DATABASE_URL has none.' : reason
}

/** Adds to a command's error why it failed and what to do about it. */
export function inWords(thrown: unknown): unknown {
  const words = wordsOf(thrown)
  if (words !== reasonOf(thrown)) return new StartError(words, { cause: thrown })
  if (IS_WHOLE.test(words)) return new StartError(words.replace(/\.?$/, '.'), { cause: thrown })
  const advice = ADVICE[causeCode(thrown) ?? '']
  // The message of a server error is for clients, and hides the cause.
  const isHidden = thrown instanceof TotpFlowError && thrown.code === 'server'
  if (advice === undefined && !isHidden) return thrown
  const said = thrown instanceof StartError ? thrown.message : `It was not done (${reasonOf(thrown)}).`
  return new StartError(advice === undefined ? said : `${said} ${advice}`, { cause: thrown })
}

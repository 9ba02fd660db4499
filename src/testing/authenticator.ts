import { createGuardrails, generateSync } from 'otplib'

/** Authenticator apps accept keys of any length. */
const guardrails = createGuardrails({ MIN_SECRET_BYTES: 1, MAX_SECRET_BYTES: 1024 })

/** A clock for an authenticator. `waitUntil` resolves once the clock has reached a time. */
export interface AuthenticatorClock {
  /** Epoch milliseconds. */
  now(): number
  /** @default waits in real time */
  waitUntil?(at: number): Promise<void>
}

/** The clock of the authenticator. */
export interface AuthenticatorOptions {
  /** @default the system's clock */
  clock?: AuthenticatorClock
  /**
   * How many steps ahead of its clock the service accepts a code (most accept one): `nextUnused` then waits less.
   * @default 0
   */
  ahead?: number
}

/** A simulated authenticator app. */
export interface Authenticator {
  /** The secret as base32, in the form for typing by hand. */
  readonly secret: string
  /** The issuer that the app shows above the code, if it was set up by a URI. */
  readonly issuer: string | undefined
  /** The account label that the app shows with the code. */
  readonly account: string | undefined
  /** Returns the current code, or the code `steps` time steps away. */
  code(steps?: number): string
  /** Returns a code that this authenticator has never shown. Waits for the next step if it has shown the current one. */
  nextUnused(): Promise<string>
  /** Returns digits that are not a code at any time near now, and different ones for every `nth`. */
  wrongCode(nth?: number): string
}

/**
 * Creates an authenticator from the `otpauth:` URI of a QR code (Key URI format, with its algorithm, digits and
 * period), or from a base32 secret. Throws a `TypeError` if it is neither.
 */
export function authenticator(uriOrSecret: string, options: AuthenticatorOptions = {}): Authenticator {
  const { clock = { now: Date.now }, ahead = 0 } = options
  const { secret, issuer, account, algorithm, digits, period } = parse(uriOrSecret)
  const stepOf = (at: number) => Math.floor(at / 1000 / period)
  const codeOf = (step: number) =>
    generateSync({ secret, algorithm, digits, period, epoch: step * period, guardrails })
  let last = Number.NEGATIVE_INFINITY
  /** Steps whose codes were shown before the service accepts them. */
  const early = new Set<number>()

  return {
    secret,
    issuer,
    account,
    code(steps = 0) {
      const now = stepOf(clock.now())
      if (steps <= ahead) last = Math.max(last, now + steps)
      else early.add(now + steps)
      return codeOf(now + steps)
    },
    async nextUnused() {
      let step = Math.max(last + 1, stepOf(clock.now()))
      while (early.has(step)) step += 1
      last = step // before the wait, so that a concurrent call gets another code
      const at = (step - ahead) * period * 1000
      if (at > clock.now()) await (clock.waitUntil?.(at) ?? wait(at))
      return codeOf(step)
    },
    wrongCode(nth = 0) {
      const now = stepOf(clock.now())
      const near = [-2, -1, 0, 1, 2].map((steps) => codeOf(now + steps))
      const wrong = Array.from({ length: nth + near.length + 1 }, (_, index) =>
        String(index).padStart(digits, '0'),
      )
      return wrong.filter((code) => !near.includes(code))[nth] ?? ''
    },
  }

  async function wait(at: number): Promise<void> {
    // Timers may fire early by the wall clock, so check again.
    while (clock.now() < at) await new Promise((resolve) => setTimeout(resolve, at - clock.now()))
  }
}

const algorithms = { SHA1: 'sha1', SHA256: 'sha256', SHA512: 'sha512' } as const

function parse(uriOrSecret: string) {
  if (!uriOrSecret.startsWith('otpauth:')) {
    return {
      ...settings(new URLSearchParams()),
      secret: secretOf(uriOrSecret),
      issuer: undefined,
      account: undefined,
    }
  }
  const { host, pathname, searchParams } = new URL(uriOrSecret)
  if (host !== 'totp' && !pathname.startsWith('//totp/'))
    throw new TypeError('authenticator() takes otpauth://totp/… URIs')
  const label = decodeURIComponent(pathname.replace(/^\/(\/totp\/)?/, ''))
  const [prefix, account] = label.includes(':')
    ? [label.split(':')[0], label.slice(label.indexOf(':') + 1)]
    : [undefined, label]
  return {
    ...settings(searchParams),
    secret: secretOf(searchParams.get('secret') ?? ''),
    issuer: searchParams.get('issuer') ?? prefix,
    account: account?.trim(),
  }
}

function settings(given: URLSearchParams) {
  const name = (given.get('algorithm') ?? 'SHA1').toUpperCase()
  const algorithm = Object.entries(algorithms).find(([known]) => known === name)?.[1]
  if (!algorithm) throw new TypeError(`authenticator() knows no algorithm ${name}`)
  return { algorithm, digits: Number(given.get('digits') ?? 6), period: Number(given.get('period') ?? 30) }
}

function secretOf(text: string): string {
  const secret = text.replace(/[\s-]/g, '').toUpperCase()
  if (!/^[A-Z2-7]+=*$/.test(secret))
    throw new TypeError('authenticator() takes an otpauth: URI or a base32 secret')
  return secret
}

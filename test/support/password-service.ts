import { type TotpBackend, TotpFlowError } from 'totp-flow'

export const PASSWORD = 'correct horse battery staple'

const ID = 'device-1'
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const TO_SCAN = {
  id: ID,
  uri: `otpauth://totp/Example:ann%40example.com?secret=${SECRET}&issuer=Example`,
  secret: SECRET,
}
const WRONG_CODE = '000000'
const AN_HOUR = 3_600_000

export interface PasswordService extends TotpBackend {
  /** Every password that it was given. */
  readonly given: readonly unknown[]
  /** Until it is called, no call with a password is answered. */
  hold(): () => void
}

/**
 * A provider of another kind than ours: it takes the password for everything, its codes win the whole session, and its recovery
 * codes come with the registration. Any code but 000000 is right.
 */
export function passwordService(now = Date.now): PasswordService {
  const given: unknown[] = []
  let device: 'none' | 'pending' | 'on' = 'none'
  let batch = 0
  let held = Promise.resolve()
  const codes = () => {
    batch += 1
    return Array.from({ length: 10 }, (_, index) => `aaaaa-bbbb${batch}-${'abcdefghij'[index]}`)
  }
  async function check(password: unknown) {
    given.push(password)
    await held
    if (password !== PASSWORD) throw new TotpFlowError('invalid_password')
  }
  return {
    given,
    hold() {
      let release = () => {}
      held = new Promise((resolve) => {
        release = resolve
      })
      return release
    },
    assurance: 'session',
    proofs: { register: 'password', delete: 'password', renewRecoveryCodes: 'password' },
    getMfaDevices: async () =>
      device === 'none' ? [] : [{ id: ID, type: 'totp', verified: device === 'on' }],
    async registerTotpMfaDevice({ password } = {}) {
      await check(password)
      device = 'pending'
      return { ...TO_SCAN, recoveryCodes: codes() }
    },
    async authenticateTotpMfaDevice({ code }) {
      if (code === WRONG_CODE) throw new TotpFlowError('invalid_code')
      device = 'on'
      return { deviceId: ID, sessionExpiresAt: now() + AN_HOUR }
    },
    async deleteMfaDevice({ password }) {
      await check(password)
      device = 'none'
    },
    getMfaRecoveryCodes: async () => ({ count: 10, recoveryCodes: [] }),
    async createNewMfaRecoveryCodes({ password } = {}) {
      await check(password)
      return { count: 10, recoveryCodes: codes() }
    },
  }
}

/** The same provider for an account whose app is on, which takes nothing for any act. */
export function prooflessService(now = Date.now): TotpBackend {
  const device = { id: ID, type: 'totp', verified: true } as const
  let isOn = true
  return {
    ...passwordService(now),
    proofs: { delete: 'none', renewRecoveryCodes: 'none' },
    getMfaDevices: async () => (isOn ? [device] : []),
    deleteMfaDevice: async () => {
      isOn = false
    },
  }
}

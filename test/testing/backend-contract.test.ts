import { signInWithExternalJwt } from '@dynamic-labs-sdk/client'
import { type Proofs, type TotpBackend, TotpFlowError } from 'totp-flow'
import { httpBackend } from 'totp-flow/client'
import { dynamicBackend } from 'totp-flow/dynamic'
import { memoryBackend } from 'totp-flow/memory'
import {
  authenticator,
  backendContract,
  type ContractId,
  type ContractOptions,
  type ContractSubject,
  TestClock,
} from 'totp-flow/testing'
import { startTestServer } from 'totp-flow/testing/server'
import { describe, expect, it } from 'vitest'
import { RECOVERY_CODES } from '../flow/scripted-backend.ts'
import { dynamicClient } from '../support/dynamic-client.ts'

/** A clock that goes on at once when somebody waits. */
function turning(clock = new TestClock()) {
  return {
    clock,
    phone: {
      now: clock.now,
      waitUntil: async (at: number) => clock.pass(Math.max(at - clock.now(), 0)),
    },
  }
}

function inMemory(): ContractSubject {
  const { clock, phone } = turning()
  return { backend: memoryBackend({ clock: clock.now }), clock: phone }
}

async function overHttp(): Promise<ContractSubject> {
  const server = await startTestServer()
  let token = await server.signIn('ann')
  const backend = httpBackend({
    baseUrl: server.apiBaseUrl,
    environmentId: server.environmentId,
    getAccessToken: () => token,
    onSession: (session) => {
      token = session.token
    },
  })
  return { backend, clock: turning(server.clock).phone, end: () => server.close() }
}

async function overDynamic(): Promise<ContractSubject> {
  const server = await startTestServer()
  const client = await dynamicClient(server.origin, server.environmentId)
  await signInWithExternalJwt({ externalJwt: await server.externalJwt('ann@example.com') }, client)
  return {
    backend: dynamicBackend(client),
    clock: turning(server.clock).phone,
    end: () => server.close(),
  }
}

const PASSWORD = 'correct horse'
/** A provider of another kind, with all that it is asked for. */
function provider(more: Partial<TotpBackend> = {}, proofs: Proofs = {}): ContractSubject {
  const { clock, phone } = turning()
  const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
  const uri = `otpauth://totp/Acme:ann?secret=${SECRET}&issuer=Acme`
  const app = authenticator(SECRET, { clock: { now: clock.now } })
  const used = new Set<string>()
  let isOn = false
  let codes: string[] = []
  const asks = (act: keyof Proofs, password?: string) => {
    if (proofs[act] !== 'password' || password === PASSWORD) return
    throw new TotpFlowError('invalid_password')
  }
  const won = { deviceId: '', sessionExpiresAt: clock.now() + 3_600_000 }
  const backend: TotpBackend = {
    assurance: 'session',
    proofs,
    async getMfaDevices({ signal } = {}) {
      if (signal?.aborted) throw new TotpFlowError('aborted')
      return isOn ? [{ id: '', type: 'totp', verified: true }] : []
    },
    async registerTotpMfaDevice({ password } = {}) {
      asks('register', password)
      if (isOn) throw new TotpFlowError('device_limit')
      codes = [...RECOVERY_CODES]
      return { id: '', uri, secret: SECRET, recoveryCodes: codes }
    },
    async authenticateTotpMfaDevice({ code }) {
      if (code !== app.code()) throw new TotpFlowError('invalid_code')
      if (used.has(code)) throw new TotpFlowError('code_reused')
      used.add(code)
      isOn = true
      return won
    },
    async deleteMfaDevice({ password }) {
      asks('delete', password)
      if (!isOn) throw new TotpFlowError('no_device')
      isOn = false
    },
    async createNewMfaRecoveryCodes({ password } = {}) {
      asks('renewRecoveryCodes', password)
      codes = RECOVERY_CODES.map((code) => [...code].reverse().join(''))
      return { count: codes.length, recoveryCodes: codes }
    },
    async authenticateMfaRecoveryCode({ code }) {
      if (!codes.includes(code)) throw new TotpFlowError('invalid_code')
      codes = codes.filter((one) => one !== code)
      return won
    },
    ...more,
  }
  return { backend, clock: phone, password: PASSWORD }
}
const everything: Proofs = { register: 'password', delete: 'password', renewRecoveryCodes: 'password' }

/** The SDK has them made without a proof, and our server takes such codes in the sessions of later sign-ins alone. */
const cannotRecoverYet = { 'recovery codes': 'They are taken from the next sign-in on.' }

describe.each<[string, ContractOptions['make'], ContractOptions['cannot']?]>([
  ['memoryBackend', inMemory],
  ['httpBackend', overHttp],
  ['dynamicBackend', overDynamic, cannotRecoverYet],
  ['a provider whose codes win the session', () => provider()],
  ['a provider that takes a password for everything', () => provider({}, everything)],
  ['a provider that takes nothing', () => provider({}, { delete: 'none', renewRecoveryCodes: 'none' })],
])('%s', (_name, make, cannot = {}) => {
  for (const { title, run } of backendContract({ make, cannot })) it(title, run)
})

describe('as the guide has it', async () => {
  await import('example:docs/testing.md/5')
})

/** What is wrong with a backend, and the promises that it breaks. */
const wrongs: [string, Partial<TotpBackend>, ContractId[], Proofs?][] = [
  [
    'takes any code',
    { authenticateTotpMfaDevice: async () => ({ deviceId: '', sessionExpiresAt: Date.now() }) },
    ['wrong code', 'right code', 'replay'],
  ],
  [
    'throws what is no TotpFlowError',
    { authenticateTotpMfaDevice: () => Promise.reject(new Error('no')) },
    ['wrong code', 'right code', 'whole flow'],
  ],
  [
    'lists a device before its code',
    { getMfaDevices: async () => [{ id: '', type: 'totp', verified: true }] },
    ['none at first', 'registration', 'abort'],
  ],
  [
    'gives a secret that is not in its URI',
    {
      registerTotpMfaDevice: async () => ({
        id: '',
        uri: 'otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ',
        secret: 'JBSWY3DPEHPK3PXP',
      }),
    },
    ['registration'],
  ],
  ['says that it wins scopes, and wins none', { assurance: 'scopes' }, ['step-up', 'whole flow'], {}],
  ['removes nothing', { deleteMfaDevice: async () => {} }, ['removal', 'removal twice', 'whole flow']],
  [
    'removes without the password',
    { deleteMfaDevice: async () => {} },
    ['removal', 'removal without proof'],
    everything,
  ],
  [
    'takes recovery codes twice',
    { authenticateMfaRecoveryCode: async () => ({ deviceId: '', sessionExpiresAt: Date.now() }) },
    ['recovery codes', 'new recovery codes'],
  ],
  [
    'keeps a code in its error',
    {
      authenticateTotpMfaDevice: ({ code }) =>
        Promise.reject(new TotpFlowError('invalid_code', { message: `${code} is wrong` })),
    },
    ['wrong code'],
  ],
  ['does not hear a signal', { getMfaDevices: async () => [] }, ['abort']],
]

it.each(wrongs)('the contract finds a backend that %s', async (_wrong, more, ids, proofs) => {
  const cases = backendContract({ make: () => provider(more, proofs) })
  const results = await Promise.allSettled(cases.map(({ run }) => run()))
  const found = cases.flatMap(({ id }, index) => (results[index]?.status === 'rejected' ? [id] : []))
  expect(found).toEqual(expect.arrayContaining(ids))
})

it('the contract leaves out what a service cannot do', () => {
  const all = backendContract({ make: inMemory }).map(({ id }) => id)
  const some = backendContract({ make: inMemory, cannot: { replay: 'It keeps no codes.' } }).map(
    ({ id }) => id,
  )
  expect(all.filter((id) => !some.includes(id))).toEqual(['replay'])
})

it('the contract ends each subject, be its case kept or broken', async () => {
  let ended = 0
  const make = () => ({ ...provider({ getMfaDevices: async () => [] }), end: () => void ended++ })
  const cases = backendContract({ make })
  await Promise.allSettled(cases.map(({ run }) => run()))
  expect(ended).toBe(cases.length)
})

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { TotpBackend } from '../../src/contract/backend.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { type Contender, type Figures, sideBySide } from '../rounds.ts'
import { bareFlow } from './bare-flow.ts'
import { workOf } from './profile.ts'

const CODE = '123456'

/** A backend that answers at once, so that only the flow itself is measured. */
function instantBackend(): TotpBackend {
  let isVerified: boolean | undefined
  const device = () => ({
    id: 'd1',
    type: 'totp' as const,
    verified: isVerified === true,
    createdAt: '2026-01-01T00:00:00.000Z',
  })
  const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
  return {
    getMfaDevices: async () => (isVerified === undefined ? [] : [device()]),
    async registerTotpMfaDevice() {
      isVerified = false
      return { id: 'd1', uri: `otpauth://totp/Bench:a?secret=${secret}&issuer=Bench`, secret }
    },
    async authenticateTotpMfaDevice({ requestedScopes = [] }) {
      isVerified = true
      const expiresAt = Date.now() + 300_000
      return {
        deviceId: 'd1',
        sessionExpiresAt: expiresAt,
        elevation: { scopes: [...requestedScopes], expiresAt, singleUse: true, token: 'token' },
      }
    },
    async deleteMfaDevice() {
      isVerified = undefined
    },
  }
}

/** Runs a flow from its creation to `elevated`, and stops it. */
async function ourFlow(): Promise<void> {
  const flow = createTotpFlow({ backend: instantBackend() })
  await flow.settled()
  flow.register()
  await flow.settled()
  flow.submitCode(CODE)
  const { state } = await flow.settled()
  flow.stop()
  if (state !== 'elevated') throw new Error(`ended ${state}`)
}

async function theirFlow(): Promise<void> {
  const flow = bareFlow(instantBackend())
  await flow.settled()
  flow.register()
  await flow.settled()
  flow.submitCode(CODE)
  const { state } = await flow.settled()
  flow.stop()
  if (state !== 'elevated') throw new Error(`ended ${state}`)
}

const each = (flow: () => Promise<void>): Contender => ({
  ready: async (count) => Array.from({ length: count }, () => flow),
  close: async () => {},
})

export const flows = (rounds: number): Promise<Record<'ours' | 'bare', Figures>> =>
  sideBySide({ ours: each(ourFlow), bare: each(theirFlow) }, { rounds, acts: 500, inFlight: 1 })

/** Where the time of our flow goes. */
export const flowWork = (rounds: number) => workOf(each(ourFlow), { rounds, acts: 500, inFlight: 1 })

/** The growth of the heap from the 10,000th flow to the 100,000th, bytes. */
export async function heapGrowth(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const heapAfter = async (count: number) => {
    for (let flow = 0; flow < count; flow++) await ourFlow()
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = await heapAfter(10_000)
  return (await heapAfter(90_000)) - before
}

import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Standing } from '../../machines/totp.types.ts'
import type { TotpBackend } from '../../src/contract/backend.ts'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { PASSKEY, verified, won } from '../machines/tab.ts'
import { type LiveFlow, liveFlow, rawAnswer, settle } from './live-flow.ts'
import { RIGHT_CODE } from './scripted-backend.ts'

async function answer(live: LiveFlow, output: unknown): Promise<void> {
  const call = live.current()
  call?.answer(rawAnswer(call.name, output, live.clock.now()))
  await settle()
}
async function fail(live: LiveFlow, error: TotpFlowError): Promise<void> {
  live.current()?.fail(error)
  await settle()
}
const without: Standing = { device: null, gate: { state: 'open' } }
const withPasskey: Standing = { device: null, passkeys: [PASSKEY] }
const enrolled: Standing = { device: verified, gate: { state: 'open' } }
async function enrolling(live: LiveFlow) {
  await answer(live, without)
  live.flow.register()
  await answer(live, undefined)
}
async function removing(live: LiveFlow) {
  await answer(live, enrolled)
  live.flow.deleteDevice()
}

/** How each state of the chart is come to, and where a reload from it resumes. */
const states: Record<
  string,
  {
    come: (live: LiveFlow) => Promise<void>
    provider?: Pick<TotpBackend, 'proofs'>
    takesPasskeys?: boolean
    resumes: string
    intent?: string
  }
> = {
  'idle.loading': { come: async () => {}, resumes: 'idle.loading' },
  'idle.ready': { come: (live) => answer(live, without), resumes: 'idle.loading' },
  'idle.unavailable': { come: (live) => fail(live, new TotpFlowError('network')), resumes: 'idle.loading' },
  registering: {
    async come(live) {
      await answer(live, without)
      live.flow.register()
    },
    resumes: 'idle.loading',
  },
  'awaitingCode.ready': { come: enrolling, resumes: 'awaitingCode.ready', intent: 'enroll' },
  'awaitingCode.throttled': {
    async come(live) {
      await removing(live)
      live.flow.submitCode(RIGHT_CODE)
      await fail(live, new TotpFlowError('rate_limited', { retryAt: Date.now() + 3_600_000 }))
    },
    resumes: 'awaitingCode.throttled',
    intent: 'delete',
  },
  'awaitingCode.password': {
    async come(live) {
      await answer(live, without)
      live.flow.register()
    },
    provider: { proofs: { register: 'password' } },
    resumes: 'idle.loading',
  },
  'awaitingCode.confirming': {
    async come(live) {
      await answer(live, enrolled)
      live.flow.deleteDevice({ confirm: true })
    },
    provider: { proofs: { delete: 'none' } },
    resumes: 'idle.loading',
  },
  'awaitingCode.passkey': {
    async come(live) {
      await answer(live, withPasskey)
      live.flow.stepUp(['wallet:export'])
    },
    takesPasskeys: true,
    resumes: 'awaitingCode.passkey',
    intent: 'stepUp',
  },
  verifying: {
    async come(live) {
      await enrolling(live)
      live.flow.submitCode(RIGHT_CODE)
    },
    resumes: 'awaitingCode.ready',
    intent: 'enroll',
  },
  elevated: {
    async come(live) {
      await answer(live, enrolled)
      live.flow.stepUp(['wallet:export'])
      live.flow.submitCode(RIGHT_CODE)
      await answer(live, won.export)
    },
    resumes: 'idle.loading',
  },
  deleting: {
    async come(live) {
      await removing(live)
      live.flow.submitCode(RIGHT_CODE)
      await answer(live, won.unlink)
    },
    resumes: 'idle.loading',
  },
}

const placeOf = ({ flow }: LiveFlow) => {
  const { state, detail } = flow.getView()
  return detail === null ? state : `${state}.${detail}`
}

it('the persistence tests cover every state of the chart', () => {
  const { machine } = liveFlow().flow.actor.getSnapshot()
  const all = Object.values(machine.states).flatMap(({ key, states: parts }) =>
    Object.keys(parts).length > 0 ? Object.keys(parts).map((part) => `${key}.${part}`) : [key],
  )
  expect(Object.keys(states).sort()).toEqual(all.sort())
})

describe('a stored flow', () => {
  /** By state, what another process made of what this one stored. */
  let resumed: Record<string, { place: string; intent: string; hasSecret: boolean }>

  beforeAll(async () => {
    const stored: Record<string, unknown> = {}
    for (const [state, { come, provider, takesPasskeys }] of Object.entries(states)) {
      const live = liveFlow({ provider, takesPasskeys })
      await come(live)
      expect(placeOf(live)).toBe(state)
      stored[state] = live.flow.persist()
      live.flow.stop()
    }
    const script = `
      const { createTotpFlow } = await import('totp-flow')
      const never = () => new Promise(() => {})
      const backend = { getMfaDevices: never, registerTotpMfaDevice: never, authenticateTotpMfaDevice: never, authenticatePasskeyMFA: never, deleteMfaDevice: never }
      const resume = (restore) => {
        const flow = createTotpFlow({ backend, restore })
        const { state, detail, intent, registration } = flow.getView()
        flow.stop()
        return { place: detail ? state + '.' + detail : state, intent, hasSecret: registration !== null }
      }
      const stored = JSON.parse(process.argv[1])
      console.log(JSON.stringify(Object.fromEntries(Object.entries(stored).map(([name, one]) => [name, resume(one)]))))`
    const options = [
      '--conditions=totp-flow-source',
      '--input-type=module',
      '--eval',
      script,
      JSON.stringify(stored),
    ]
    resumed = JSON.parse(execFileSync(process.execPath, options, { encoding: 'utf8' }))
  })

  it.each(Object.entries(states))(
    'a flow stored in %s resumes in another process',
    (state, { resumes, intent = 'enroll' }) => {
      expect(resumed[state]).toEqual({ place: resumes, intent, hasSecret: false })
    },
  )
})

describe('an unreadable state', () => {
  const startsClean = (restore: unknown) => {
    const live = liveFlow({ restore })
    const place = placeOf(live)
    live.flow.stop()
    return place === 'idle.loading' && live.flow.getView().error === null
  }

  it('a flow starts clean from any value that it cannot read', () => {
    fc.assert(fc.property(fc.anything(), startsClean), { numRuns: 500 })
  })

  it('a flow starts clean from the state of another version of this package', async () => {
    const live = liveFlow()
    await enrolling(live)
    const stored = live.flow.persist()
    for (const version of [0, 2, '1', null, undefined]) expect(startsClean({ ...stored, version })).toBe(true)
    live.flow.stop()
  })

  it('a prompt for a passkey is resumed with the passkeys that were known, and only where the backend takes them', async () => {
    const live = liveFlow({ takesPasskeys: true })
    await answer(live, withPasskey)
    live.flow.stepUp(['wallet:export'])
    live.flow.submitPasskey()
    const restore = live.flow.persist() // in the middle of the ceremony
    live.flow.stop()
    expect(startsClean(restore)).toBe(true)
    for (const passkeys of [undefined, [], [{}], 'x']) {
      const resumable = { ...restore.resumable, passkeys }
      const resumed = liveFlow({ takesPasskeys: true, restore: { ...restore, resumable } })
      expect(placeOf(resumed)).toBe('idle.loading')
      resumed.flow.stop()
    }
    const resumed = liveFlow({ takesPasskeys: true, restore })
    expect(resumed.flow.getView()).toMatchObject({
      detail: 'passkey',
      methods: ['passkey'],
      passkeys: [PASSKEY],
    })
    resumed.flow.submitPasskey()
    await answer(resumed, won.byPasskey)
    expect(resumed.flow.takeElevatedToken('wallet:export')).not.toBeNull()
    expect(resumed.report()).not.toContain('broken')
    resumed.flow.stop()
  })

  it('a flow stored before there were passkeys resumes its prompt for a code', async () => {
    const live = liveFlow()
    await removing(live)
    const restore = live.flow.persist()
    live.flow.stop()
    expect(restore.resumable).not.toHaveProperty('passkeys')
    const resumed = liveFlow({ takesPasskeys: true, restore })
    expect(resumed.flow.getView()).toMatchObject({
      detail: 'ready',
      methods: ['code', 'recoveryCode'],
      passkeys: [],
    })
    resumed.flow.stop()
  })

  it('a flow starts clean from a state with a wrong or missing part', async () => {
    const live = liveFlow()
    await removing(live)
    const stored = live.flow.persist()
    live.flow.stop()
    const pieces = Object.keys(stored.resumable ?? {})
    expect(pieces).toEqual(['intent', 'device', 'retryAt'])
    for (const piece of pieces) {
      for (const wrong of [undefined, 'x', { kind: 'steal' }, [1]]) {
        expect(startsClean({ ...stored, resumable: { ...stored.resumable, [piece]: wrong } })).toBe(true)
      }
    }
  })
})

it('a persisted flow holds no secret, and survives JSON unchanged', async () => {
  const live = liveFlow()
  await enrolling(live)
  const stored = live.flow.persist()
  expect(JSON.parse(JSON.stringify(stored))).toEqual(stored)
  expect(Object.keys(stored.resumable ?? {})).not.toContain('registration')
  live.flow.stop()
})

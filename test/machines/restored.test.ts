import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { createActor, fromPromise, type NonReducibleUnknown, type Snapshot } from 'xstate'
import { totpMachine } from '../../machines/totp.machine.ts'
import type { Standing, TotpEvent } from '../../machines/totp.types.ts'
import { TimeSource } from '../../src/contract/clock.ts'
import { type TotpSnapshot, toView } from '../../src/flow/view.ts'
import { TestClock } from '../../src/testing/test-clock.ts'
import { MFA_TOKEN, RECOVERY_CODES, RIGHT_CODE, SECRET, TOKEN } from '../flow/scripted-backend.ts'
import { explore } from './explore.ts'
import { type Holding, parents } from './parents.ts'
import type { Restored } from './restore.ts'
import {
  callOf,
  done,
  failed,
  having,
  LATER,
  NOW,
  open,
  PASSKEY,
  type Step,
  take,
  userEvents,
  verified,
} from './tab.ts'
import { answers } from './tab-moves.ts'

const SECRETS = [SECRET, RIGHT_CODE, TOKEN, MFA_TOKEN, ...RECOVERY_CODES]
const holdings = Object.keys(parents) as Holding[]

/** What persisted forms differ in, and no more. */
const lookOf = ({ value, context }: TotpSnapshot) => {
  const { device, intent, registration, elevations, mfaToken, recoveryCodes, retryAt, error } = context
  const held = [registration, mfaToken, recoveryCodes, retryAt, error].map((one) => one !== null)
  return JSON.stringify([value, device ?? String(device), intent, held, elevations.length > 0])
}
const troubles = ['network', 'rate_limited', 'proof_required', 'unauthenticated'] as const

/** Every state that the chart can be in, by all that it can have in mind there. */
const places = new Map<string, TotpSnapshot>()
explore({
  start: [open(totpMachine, { offersRecovery: true })],
  keyOf: lookOf,
  *moves(snapshot) {
    places.set(lookOf(snapshot), snapshot)
    const call = callOf(totpMachine, snapshot)
    const events = [
      ...userEvents,
      ...(call ? answers[call.name].map((answer) => done(call.id, answer)) : []),
      ...(call ? troubles.map((code) => failed(call.id, code)) : []),
    ]
    for (const event of events) yield { says: '', to: take(totpMachine, snapshot, event).after }
  },
  atMost: 40_000,
})

/** What an app persists of its own machine while the chart in it is there. */
function persistedParent(holding: Holding, chart: TotpSnapshot): Snapshot<unknown> {
  const parent = createActor(parents[holding](totpMachine))
  const snapshot = parent.getPersistedSnapshot() as Persisted
  const holder = snapshot.children.settings?.snapshot ?? snapshot
  holder.children.totp = {
    ...holder.children.totp,
    snapshot: totpMachine.getPersistedSnapshot(chart) as Persisted,
  }
  return snapshot
}
type Persisted = Snapshot<unknown> & { children: Record<string, { snapshot: Persisted }> }

/** Times are told around a standstill of the chart's: for a process with a clock, what ends later ends in an hour. */
const atRealTime = (json: string) => json.replaceAll(`:${LATER}`, `:${Date.now() + 3_600_000}`)

const folder = mkdtempSync(join(tmpdir(), 'totp-flow-restored-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Restores them in another process, which sends each of them every event. */
function restoredElsewhere(stored: { holding: Holding; snapshot: string }[]): Restored[] {
  const file = join(folder, 'stored.json')
  const texts = stored.map(({ holding, snapshot }) => `{"holding":"${holding}","snapshot":${snapshot}}`)
  writeFileSync(file, `{"stored":[${texts.join(',\n')}]}`)
  const script = new URL('restore.ts', import.meta.url).pathname
  const options = { encoding: 'utf8', maxBuffer: 2 ** 28 } as const
  return JSON.parse(execFileSync(process.execPath, ['--conditions=totp-flow-source', script, file], options))
}

/** Where a chart that was there goes on: where a code is typed for what it was asked for, or by asking the backend. */
function goesOn({ value, context }: TotpSnapshot) {
  const asked = typeof value === 'object' && 'awaitingCode' in value ? value.awaitingCode : undefined
  const waited = value === 'verifying' || asked === 'ready' || asked === 'throttled'
  if (!waited) return { state: { idle: 'loading' }, calls: ['getMfaDevices'] }
  const isThrottled = (context.retryAt ?? 0) >= LATER
  const { intent, device = null } = context
  return { state: { awaitingCode: isThrottled ? 'throttled' : 'ready' }, calls: [], intent, device }
}

describe.each(holdings)('a parent that holds the chart by %s', (holding) => {
  const all = [...places.values()]
  const texts = all.map((place) => atRealTime(JSON.stringify(persistedParent(holding, place))))

  it('a parent persists no secret, code or token, whatever state the chart is in', () => {
    const written = texts.join('\n')
    for (const secret of SECRETS) expect(written.includes(secret)).toBe(false)
    expect(written).toContain('[sealed]') // there were some
  })

  it('a parent continues in another process, from any state of the chart and with any event', () => {
    const restored = restoredElsewhere(texts.map((snapshot) => ({ holding, snapshot })))
    expect(restored).toHaveLength(all.length)
    const wrong = restored.flatMap(({ problems, ...found }, index) => {
      const place = all[index]
      if (!place) return ['one too many']
      const expected = goesOn(place)
      try {
        expect(found).toMatchObject(expected)
      } catch {
        problems.push(`is in ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`)
      }
      return problems.map((problem) => `${lookOf(place)}: ${problem}`)
    })
    expect([...new Set(wrong)].slice(0, 10)).toEqual([])
    expect(all.length).toBeGreaterThan(300)
  })
})

const unanswered = <Output, Input extends NonReducibleUnknown>() =>
  fromPromise<Output, Input>(() => new Promise(() => {}))
/** The chart with its ports filled: filled ones restore alike. */
const chart = totpMachine.provide({
  actors: {
    getMfaDevices: fromPromise<Standing>(async () => ({ device: null })),
    registerTotpMfaDevice: unanswered(),
    authenticateTotpMfaDevice: unanswered(),
    deleteMfaDevice: unanswered(),
  },
})

/** Restores the chart alone, and sends it whatever there is; gives what it was when it started. */
function restoredAlone(snapshot: unknown, events: readonly TotpEvent[]): TotpSnapshot {
  const begin = () => createActor(chart, { input: {}, snapshot: snapshot as Snapshot<unknown> }).start()
  for (const event of events) {
    const actor = begin()
    actor.send(event)
    expect(actor.getSnapshot().status, JSON.stringify(event)).toBe('active')
    actor.stop()
  }
  const actor = begin()
  const begun = actor.getSnapshot()
  actor.stop()
  return begun
}

describe('the restored chart', () => {
  it.each([
    ['JSON', (snapshot: unknown) => JSON.parse(JSON.stringify(snapshot))],
    ['structuredClone', structuredClone],
    ['no store at all', (snapshot: unknown) => snapshot],
  ])('the chart continues through %s from any state', (_, through) => {
    for (const place of places.values()) {
      const retryAt = place.context.retryAt && Date.now() + 3_600_000
      const stored = totpMachine.getPersistedSnapshot(having(totpMachine, place, { retryAt }))
      const { value: state, context, children } = restoredAlone(through(stored), [])
      const { calls, ...expected } = goesOn(place)
      expect({ ...context, state }).toMatchObject(expected)
      expect(Object.values(children)).toHaveLength(calls.length)
      expect(context).toMatchObject({ registration: null, elevations: [], mfaToken: null, error: null })
      expect(context.settings.offersRecovery).toBe(true)
    }
  })

  it('a restored chart keeps its timers: a wait ends, and a backend that does not answer times out', () => {
    const clock = new TestClock(NOW)
    const time = new TimeSource(clock.now)
    const throttled = [...places.values()].find((place) => place.matches({ awaitingCode: 'throttled' }))
    const loading = open(totpMachine)
    const restored = [throttled, loading].map((place) => {
      const snapshot = totpMachine.getPersistedSnapshot(having(totpMachine, place ?? loading, { time }))
      return createActor(chart, { input: {}, snapshot, clock }).start()
    })
    expect(restored.map((actor) => actor.getSnapshot().value)).toEqual([
      { awaitingCode: 'throttled' },
      { idle: 'loading' },
    ])
    clock.pass(LATER)
    expect(restored.map((actor) => actor.getSnapshot().value)).toEqual([
      { awaitingCode: 'ready' },
      { idle: 'unavailable' },
    ])
    for (const actor of restored) actor.stop()
  })

  it('a restored prompt for a passkey continues, unless its backend takes none', () => {
    const restoredFrom = (device: Standing['device'], takes: boolean, submits = false) => {
      const begun = open(totpMachine, { offersPasskeys: true })
      const events: Step['event'][] = [
        done('getMfaDevices', { device, passkeys: [PASSKEY] }),
        { type: 'stepUp.request', scopes: ['wallet:export'] },
        ...(submits ? [{ type: 'passkey.submit' } as const] : []),
      ]
      const asked = events.reduce((at, event) => take(totpMachine, at, event).after, begun)
      const stored = JSON.parse(JSON.stringify(totpMachine.getPersistedSnapshot(asked)))
      stored.context.settings.offersPasskeys = takes
      return restoredAlone(stored, userEvents)
    }
    for (const submits of [false, true]) {
      const alone = restoredFrom(null, true, submits)
      expect(alone.value).toEqual({ awaitingCode: 'passkey' })
      expect(toView(alone)).toMatchObject({ methods: ['passkey'], requestedScopes: ['wallet:export'] })
      expect(toView(restoredFrom(verified, true, submits)).methods).toEqual(['code', 'passkey'])
      expect(toView(restoredFrom(verified, false, submits)).methods).toEqual(['code'])
      expect(restoredFrom(null, false, submits).value).toEqual({ idle: 'loading' })
    }
  })

  it('a chart stored before there were passkeys continues, and offers none', () => {
    const begun = open(totpMachine)
    const known = take(totpMachine, begun, done('getMfaDevices', { device: verified })).after
    const asked = take(totpMachine, known, { type: 'stepUp.request', scopes: ['wallet:export'] }).after
    const stored = JSON.parse(JSON.stringify(totpMachine.getPersistedSnapshot(asked)))
    delete stored.context.passkeys
    delete stored.context.settings.offersPasskeys
    const restored = restoredAlone(stored, userEvents)
    expect(restored.value).toEqual({ awaitingCode: 'ready' })
    expect(toView(restored)).toMatchObject({ methods: ['code'], passkeys: [], offersPasskeys: false })
  })

  it('a chart that was stored with its settings among the other members of its context continues with them', () => {
    const known = take(totpMachine, open(totpMachine), done('getMfaDevices', { device: verified })).after
    const asked = take(totpMachine, known, { type: 'stepUp.request', scopes: ['wallet:export'] }).after
    const stored = JSON.parse(JSON.stringify(totpMachine.getPersistedSnapshot(asked)))
    const { settings, ...others } = stored.context
    stored.context = { ...others, ...settings, offersRecovery: true, callTimeout: 7000 }
    const restored = restoredAlone(stored, userEvents)
    expect(restored.value).toEqual({ awaitingCode: 'ready' })
    expect(restored.context.settings).toEqual({ ...settings, offersRecovery: true, callTimeout: 7000 })
  })

  const oneOf = (...likely: unknown[]) =>
    fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...likely) },
      { weight: 1, arbitrary: fc.anything({ withBigInt: true }) },
    )
  it('a chart restored from garbage, or from another version, works', () => {
    const context = fc.record(
      {
        intent: fc.oneof(
          fc.record({
            kind: oneOf('enroll', 'stepUp', 'delete', 'steal'),
            scopes: oneOf(undefined, ['wallet:export'], ['x']),
            mfaToken: oneOf(undefined, {}, { singleUse: 1 }, null),
          }),
          fc.anything(),
        ),
        device: fc.oneof(
          fc.record({
            id: oneOf('d'),
            type: oneOf('totp'),
            verified: oneOf(true, false),
            createdAt: oneOf('x'),
          }),
          oneOf(null, undefined),
        ),
        retryAt: oneOf(null, LATER, 'soon', '9'.repeat(20), 10n ** 20n),
        time: oneOf(undefined, { now: 1 }, {}),
        callTimeout: oneOf(null, 10),
        elevations: oneOf([], [{ scopes: ['credential:unlink'], expiresAt: LATER, token: '[sealed]' }]),
        registration: oneOf(null, '[sealed]', {}),
        recoveryCodes: oneOf(null, '[sealed]'),
        mfaToken: oneOf(null, '[sealed]'),
        allowMfaToken: oneOf(false, 'no'),
        passkeys: oneOf([], [PASSKEY], [{}], 'p'),
        offersPasskeys: oneOf(true, 'yes'),
      },
      { requiredKeys: [] },
    )
    const stored = fc.record(
      {
        status: oneOf('active', 'done', 'error', 'stopped'),
        value: oneOf(
          'verifying',
          'deleting',
          'elevated',
          { awaitingCode: 'ready' },
          { awaitingCode: 'passkey' },
          { awaitingCode: 'x' },
          'x',
        ),
        context: fc.oneof({ weight: 5, arbitrary: context }, { weight: 1, arbitrary: fc.anything() }),
        children: oneOf({}, { a: { src: 'getMfaDevices', snapshot: {} } }, null),
        historyValue: oneOf({}, null),
      },
      { requiredKeys: [] },
    )
    const ends = new Set<string>()
    const enrolling = { intent: { kind: 'enroll' }, device: null, retryAt: null }
    fc.assert(
      fc.property(
        fc.oneof({ weight: 9, arbitrary: stored }, { weight: 1, arbitrary: fc.anything() }),
        (one) => {
          const begun = restoredAlone(one, userEvents)
          ends.add(JSON.stringify(begun.value))
          const { registration, recoveryCodes, retryAt, requestedScopes, elevation } = toView(begun)
          expect({ registration, recoveryCodes, elevation }).toEqual({
            registration: null,
            recoveryCodes: null,
            elevation: null,
          })
          expect(retryAt === null || Number.isFinite(retryAt)).toBe(true)
          expect(Array.isArray(requestedScopes)).toBe(true)
        },
      ),
      { numRuns: 150, examples: [[{ value: 'elevated' }], [{ value: 'verifying', context: enrolling }]] },
    )
    expect([...ends].sort()).toEqual(['{"awaitingCode":"ready"}', '{"idle":"loading"}'])
  })
})

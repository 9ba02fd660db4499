import { expect, it, vi } from 'vitest'
import type { MfaDevice } from '../../src/contract/answers.ts'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { Sealed } from '../../src/contract/sealed.ts'
import { createGate, type GateScreen, isAskedAtGate } from '../../src/ui/gate.ts'
import { type Changes, shownFlow, viewOf } from './views.ts'

const verified: MfaDevice = { id: 'd1', type: 'totp', verified: true, createdAt: '2026-01-01T00:00:00.000Z' }
const network = new TotpFlowError('network')
const recoveryCodes = Sealed.of<readonly string[]>(['aaaaa-11111'])
const loading: Changes = { device: undefined, detail: 'loading', gate: null }
const open: Changes = { device: verified, detail: 'ready', gate: 'open' }
const codeOwed: Changes = { ...open, gate: 'codeOwed' }
const owed: Changes = { ...open, device: null, gate: 'enrollmentOwed' }
const put: Changes = { ...owed, enrollBy: 4e12 }
const asks: Changes = { ...codeOwed, state: 'awaitingCode', showsCodeField: true, intent: 'stepUp' }
const passkeyOwed: Changes = { ...codeOwed, device: null, passkeys: [{ id: 'p1' }] }
const asksForPasskey: Changes = {
  ...passkeyOwed,
  state: 'awaitingCode',
  detail: 'passkey',
  methods: ['passkey'],
  intent: 'stepUp',
}
const STEP_UP = ['stepUp', [], { fresh: true }]

it.each<[screen: GateScreen, where: string, view: Changes]>([
  ['loading', 'before the backend has answered', loading],
  ['unavailable', 'where the backend could not be reached', { ...loading, detail: 'unavailable' }],
  ['open', 'over a backend that says nothing of a gate', { ...open, gate: null }],
  ['open', 'over such a backend without an app', { ...open, device: null, gate: null }],
  ['open', 'where nothing is owed', open],
  ['open', 'where an enrollment may be put off', put],
  ['enrollment', 'where an enrollment is owed', owed],
  ['enrollment', 'where an enrollment is owed of an app that is on', { ...owed, device: verified }],
  ['enrollment', 'where a code is owed without an app', { ...codeOwed, device: null }],
  [
    'enrollment',
    'where a code is owed of an app that is pending',
    { ...codeOwed, device: { ...verified, verified: false } },
  ],
  ['code', 'where a code is owed', codeOwed],
  ['code', 'while the code is asked for', asks],
  ['code', 'where the code was wrong', { ...asks, error: network }],
  ['code', 'where a code is owed of a user with a passkey and no app', passkeyOwed],
  ['code', 'while the passkey is asked for', asksForPasskey],
  ['code', 'where the passkey was wrong', { ...asksForPasskey, error: network }],
  ['unavailable', 'where the code could not be asked for', { ...codeOwed, error: network }],
])('the gate shows %s %s', (screen, _where, view) => {
  const { flow } = shownFlow(view)
  expect(createGate(flow).getState()).toBe(screen)
})

it('the gate prompts once for the owed code while it has a listener', () => {
  const { flow, asked, show, listeners } = shownFlow({ ...codeOwed, can: { stepUp: true } })
  const gate = createGate(flow)
  expect(asked).toEqual([])
  const leave = gate.subscribe(() => {})
  expect(asked).toEqual([STEP_UP])
  show({ ...asks, can: { stepUp: true } })
  expect(asked).toEqual([STEP_UP])
  leave()
  expect(listeners.size).toBe(0)
})

it('the gate prompts once for an owed passkey', () => {
  const { flow, asked, show } = shownFlow({ ...passkeyOwed, can: { stepUp: true } })
  createGate(flow).subscribe(() => {})
  show({ ...asksForPasskey, can: { stepUp: true } })
  expect(asked).toEqual([STEP_UP])
  expect(isAskedAtGate(viewOf(asksForPasskey))).toBe(true)
})

it.each<[when: string, view: Changes]>([
  ['nothing is owed', { ...open, can: { stepUp: true } }],
  ['the chart would refuse it', { ...codeOwed, can: { stepUp: false } }],
  ['something went wrong that is to be read first', { ...codeOwed, error: network, can: { stepUp: true } }],
  ['an enrollment is owed', { ...owed, can: { stepUp: true } }],
])('the gate prompts for no code if %s', (_when, view) => {
  const { flow, asked, show } = shownFlow(loading)
  createGate(flow).subscribe(() => {})
  show(view)
  expect(asked).toEqual([])
})

it('the gate notifies of each change of its screen, and of nothing else', () => {
  const { flow, show } = shownFlow(loading)
  const gate = createGate(flow)
  const listener = vi.fn()
  gate.subscribe(listener)
  show(open)
  expect(gate.getState()).toBe('open')
  show({ ...open, busy: true })
  expect(listener).toHaveBeenCalledTimes(1)
})

it.each<[what: string, steps: Changes[]]>([
  [
    'from the picture to the recovery codes',
    [
      { ...put, state: 'registering' },
      { ...put, state: 'awaitingCode', showsCodeField: true, intent: 'enroll' },
      { ...put, state: 'awaitingCode', showsPasswordField: true, intent: 'enroll' },
      { ...open, recoveryCodes },
    ],
  ],
])(
  'an enrollment that could be put off and is begun at the gate stays there %s, and opens the app then',
  (_what, steps) => {
    const { flow, asked, show } = shownFlow(put)
    const gate = createGate(flow)
    gate.subscribe(() => {})
    expect(gate.getState()).toBe('open')
    const [first = put, ...others] = steps
    Object.assign(flow, { register: () => [asked.push(['register']), show(first)] })
    gate.enroll()
    expect(asked).toEqual([['register']])
    expect(gate.getState()).toBe('enrollment')
    for (const step of others) {
      show(step)
      expect(gate.getState()).toBe('enrollment')
    }
    show(open)
    expect(gate.getState()).toBe('open')
    show({ ...open, recoveryCodes }) // of a renewal, later
    expect(gate.getState()).toBe('open')
  },
)

it.each<[what: string, view: Changes]>([
  ['nothing came of it', put],
  ['a step-up asks for a code instead', { ...put, showsCodeField: true, intent: 'stepUp' }],
])('an enrollment started at the gate shows the app if %s', (_what, view) => {
  const { flow, show } = shownFlow(put)
  const gate = createGate(flow)
  gate.subscribe(() => {})
  Object.assign(flow, { register: () => show({ ...put, state: 'registering' }) })
  gate.enroll()
  expect(gate.getState()).toBe('enrollment')
  show(view)
  expect(gate.getState()).toBe('open')
})

it('an enrollment started elsewhere leaves the app visible if it may be postponed', () => {
  const { flow, show } = shownFlow(put)
  const gate = createGate(flow)
  gate.subscribe(() => {})
  show({ ...put, state: 'registering' })
  expect(gate.getState()).toBe('open')
})

it('a required enrollment shows its recovery codes at the gate before the app', () => {
  const { flow, show } = shownFlow(owed)
  const gate = createGate(flow)
  gate.subscribe(() => {})
  show({ ...open, recoveryCodes })
  expect(gate.getState()).toBe('enrollment')
  show(open)
  expect(gate.getState()).toBe('open')
})

it.each<[is: boolean, where: string, view: Changes]>([
  [true, 'the gate asks for a code', asks],
  [false, 'no code is owed', { ...asks, gate: 'open' }],
  [false, 'no code is asked for', { ...asks, showsCodeField: false }],
  [false, 'a removal asks for it', { ...asks, intent: 'delete' }],
  [false, 'a step-up asks for it', { ...asks, requestedScopes: ['wallet:export'] }],
])('isAskedAtGate() is %s if %s', (is, _where, view) => {
  expect(isAskedAtGate(viewOf(view))).toBe(is)
})

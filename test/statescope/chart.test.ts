import ElkModule from 'elkjs/lib/elk.bundled.js'
import { expect, it } from 'vitest'
import type { StateValue } from 'xstate'
import { totpMachine } from '../../machines/totp.machine.ts'
import { takenBetween } from '../../packages/statescope/src/inspect/taken-between.ts'
import { chartOf } from '../../packages/statescope/src/statechart/chart.ts'
import { layOut } from '../../packages/statescope/src/statechart/layout.ts'

const totp = chartOf(totpMachine)
const said = (chart: typeof totp, before: StateValue, eventType: string, after: StateValue) =>
  takenBetween(chart, before, eventType, after).map(
    ({ source, transition: { event, guard, targets } }) =>
      `${source} ${event}${guard ? ` [${guard}]` : ''} → ${targets}`,
  )

it('the chart of the flow leaves nothing of its machine out', () => {
  const { ways, states } = totp
  const reactions = [...states.values()].flatMap((state) => state.reactions)
  const events = new Set([...ways, ...reactions].map(({ eventType }) => eventType))
  expect([...events].filter((type) => type && !type.startsWith('xstate.')).toSorted()).toEqual(
    totpMachine.events.filter((type) => !type.startsWith('xstate.')).toSorted(),
  )
})

it('every state of the flow has a place within its parent, and lies over no other', async () => {
  const { boxes, arrows, width, height } = await layOut(totp, new ElkModule.default())
  expect(boxes.map(({ state }) => state.id)).toEqual([...totp.states.keys()])
  expect(arrows.flatMap(({ ways }) => ways).length).toBe(totp.ways.length)
  for (const one of boxes) {
    const outer = boxes.find((box) => box.state.id === one.state.parent) ?? { x: 0, y: 0, width, height }
    const isWithin =
      one.x >= outer.x &&
      one.y >= outer.y &&
      one.x + one.width <= outer.x + outer.width &&
      one.y + one.height <= outer.y + outer.height
    expect(isWithin, one.state.id).toBe(true)
    for (const other of boxes) {
      if (one === other || one.state.parent !== other.state.parent) continue
      const isApart =
        one.x + one.width <= other.x ||
        other.x + other.width <= one.x ||
        one.y + one.height <= other.y ||
        other.y + other.height <= one.y
      expect(isApart, `${one.state.id} and ${other.state.id}`).toBe(true)
    }
  }
})

it.each<[StateValue, string, StateValue, string[]]>([
  [
    { idle: 'ready' },
    'device.register',
    'registering',
    ['totp.idle device.register [oneDevicePerUser] → totp.registering'],
  ],
  [
    { awaitingCode: 'ready' },
    'code.submit',
    'verifying',
    ['totp.awaitingCode.ready code.submit [codeIsWellFormed] → totp.verifying'],
  ],
  [
    'verifying',
    'xstate.error.actor.authenticateTotpMfaDevice',
    { awaitingCode: 'throttled' },
    // A snapshot alone does not tell these apart.
    [
      'totp.verifying error [wasDismissed] → totp.awaitingCode',
      'totp.awaitingCode.ready always [isThrottled] → totp.awaitingCode.throttled',
      'totp.verifying error [passwordCanBeRetried] → totp.awaitingCode',
      'totp.verifying error → totp.awaitingCode',
    ],
  ],
  [
    'verifying',
    'xstate.error.actor.authenticateTotpMfaDevice',
    { awaitingCode: 'ready' },
    [
      'totp.verifying error [wasDismissed] → totp.awaitingCode',
      'totp.verifying error [passwordCanBeRetried] → totp.awaitingCode',
      'totp.verifying error → totp.awaitingCode',
    ],
  ],
  [
    { idle: 'loading' },
    'xstate.error.actor.getMfaDevices',
    { idle: 'unavailable' },
    [
      'totp.idle.loading error [wasSignedOut] → totp.idle.unavailable',
      'totp.idle.loading error → totp.idle.unavailable',
    ],
  ],
  [{ idle: 'ready' }, 'code.submit', { idle: 'ready' }, ['totp code.submit → ']],
  [{ idle: 'ready' }, 'devices.changed', { idle: 'loading' }, ['totp devices.changed → totp.idle']],
  ['elevated', 'nothing.of.its', 'elevated', []],
])('the chart of the flow knows the way from %o by %s to %o', (before, event, after, ways) => {
  expect(said(totp, before, event, after)).toEqual(ways)
})

it('the chart of the flow follows what an event leads to at once', () => {
  expect(said(totp, 'elevated', 'flow.wake', { idle: 'loading' })).toEqual([
    'totp.elevated flow.wake → totp.elevated',
    'totp.elevated always [elevationIsOver] → totp.idle',
  ])
})

import { expect, it } from 'vitest'
import { createActor, type StateValue } from 'xstate'
import { totpMachine } from '../../../../machines/totp.machine.ts'
import { activeIn, takenBetween } from '../../src/statechart/active.ts'
import { chartOf } from '../../src/statechart/chart.ts'
import { player } from './machines.ts'

const totp = chartOf(totpMachine)
const said = (chart: typeof totp, before: StateValue, eventType: string, after: StateValue) =>
  takenBetween(chart, before, eventType, after).map(
    ({ source, transition: { event, guard, targets } }) =>
      `${source} ${event}${guard ? ` [${guard}]` : ''} → ${targets}`,
  )

it('lights a state, what it lies in, and every region', () => {
  const actor = createActor(player).start()
  actor.send({ type: 'mute' })
  expect(activeIn(chartOf(player), actor.getSnapshot().value)).toEqual([
    'player',
    'player.track',
    'player.track.stopped',
    'player.sound',
    'player.sound.off',
  ])
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
    'xstate.error.actor.0.totp.verifying',
    { awaitingCode: 'throttled' },
    ['totp.verifying error [wasThrottled] → totp.awaitingCode.throttled'],
  ],
  [
    'verifying',
    'xstate.error.actor.0.totp.verifying',
    { awaitingCode: 'ready' },
    ['totp.verifying error → totp.awaitingCode'],
  ],
  [
    { idle: 'loading' },
    'xstate.error.actor.0.totp.idle.loading',
    { idle: 'unavailable' },
    [
      'totp.idle.loading error [wasSignedOut] → totp.idle.unavailable',
      'totp.idle.loading error → totp.idle.unavailable',
    ],
  ],
  [{ idle: 'ready' }, 'code.submit', { idle: 'ready' }, ['totp code.submit → ']],
  [{ idle: 'ready' }, 'devices.changed', { idle: 'loading' }, ['totp devices.changed → totp.idle']],
  ['elevated', 'nothing.of.its', 'elevated', []],
])('knows the way from %o by %s to %o', (before, event, after, ways) => {
  expect(said(totp, before, event, after)).toEqual(ways)
})

it('follows what is taken at once after it', () => {
  expect(said(totp, 'elevated', 'flow.wake', { idle: 'loading' })).toEqual([
    'totp.elevated flow.wake → totp.elevated',
    'totp.elevated always [elevationIsOver] → totp.idle',
  ])
})

it('finds what each region took', () => {
  const before = { track: 'stopped', sound: 'on' }
  expect(said(chartOf(player), before, 'mute', { track: 'stopped', sound: 'off' })).toEqual([
    'player.sound.on mute → player.sound.off',
  ])
})

it('understands events that stand for many, and history', () => {
  const before = { track: { playing: 'fast' }, sound: 'on' }
  expect(said(chartOf(player), before, 'track.end', { track: 'ended', sound: 'on' })).toEqual([
    'player.track.playing track.* [isLast] → player.track.ended',
  ])
})

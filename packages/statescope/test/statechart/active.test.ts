import { expect, it } from 'vitest'
import { createActor, type StateValue } from 'xstate'
import { takenBetween } from '../../src/inspect/taken-between.ts'
import { activeIn } from '../../src/statechart/active.ts'
import { type Chart, chartOf } from '../../src/statechart/chart.ts'
import { player } from './machines.ts'

const said = (chart: Chart, before: StateValue, eventType: string, after: StateValue) =>
  takenBetween(chart, before, eventType, after).map(
    ({ source, transition: { event, guard, targets } }) =>
      `${source} ${event}${guard ? ` [${guard}]` : ''} → ${targets}`,
  )

it('a value makes its state, the ancestors and every region active', () => {
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

it('the transitions that each region took are found', () => {
  const before = { track: 'stopped', sound: 'on' }
  expect(said(chartOf(player), before, 'mute', { track: 'stopped', sound: 'off' })).toEqual([
    'player.sound.on mute → player.sound.off',
  ])
})

it('transitions by wildcard events and history states are found', () => {
  const before = { track: { playing: 'fast' }, sound: 'on' }
  expect(said(chartOf(player), before, 'track.end', { track: 'ended', sound: 'on' })).toEqual([
    'player.track.playing track.* [isLast] → player.track.ended',
  ])
})

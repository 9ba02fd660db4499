import 'statescope/state-chart'
import { inspect } from 'statescope/storybook'
import { createActor } from 'xstate'
import { playerMachine } from './player-machine.ts'

/** `<state-chart>` in a page without React. It only needs an actor. */
export function startPlayer(root: HTMLElement): () => void {
  root.innerHTML = `<div class="events"></div><state-chart></state-chart>`
  const actor = createActor(playerMachine, { inspect })
  const chart = root.querySelector('state-chart')
  if (chart) chart.actor = actor
  for (const type of ['play', 'pause', 'mute', 'unmute', 'stop', 'unplug']) {
    const button = document.createElement('button')
    button.textContent = type
    button.onclick = () => actor.send({ type })
    root.querySelector('.events')?.append(button)
  }
  actor.start()
  return () => actor.stop()
}

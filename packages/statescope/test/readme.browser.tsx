/** The examples of README.md, word for word, do what it says that they do: those that need a page. See readme.test.ts. */
import type { ComponentType } from 'react'
import { createRoot } from 'react-dom/client'
import { createInspector } from 'statescope'
import { Channel } from 'storybook/internal/channels'
import { addons } from 'storybook/preview-api'
import { afterEach, expect, it, vi } from 'vitest'
import { createActor } from 'xstate'
import { player } from './statechart/machines.ts'

vi.mock(import('statescope'), { spy: true })
afterEach(() => document.body.replaceChildren())

/** The one that an example made. */
function itsInspector() {
  const made = vi.mocked(createInspector).mock.results.at(-1)
  if (made?.type !== 'return') throw new Error('No inspector was made.')
  return made.value
}

const statesIn = (chart: Element | null) =>
  [...(chart?.shadowRoot?.querySelectorAll('[data-state]') ?? [])].map((state) =>
    state.getAttribute('data-state'),
  )

it('an inspector in the page shows what an actor does', async () => {
  await import('example:packages/statescope/README.md/3')
  const { inspect, stop } = itsInspector()
  const actor = createActor(player, { inspect }).start()
  actor.send({ type: 'mute' })
  await expect
    .poll(() => document.querySelector('state-inspector')?.shadowRoot?.textContent)
    .toContain('mute')
  stop()
})

it('a chart follows an actor', async () => {
  await import('example:packages/statescope/README.md/4')
  const chart = document.querySelector('state-chart')
  await expect.poll(() => statesIn(chart)).toEqual(['door', 'door.closed', 'door.opened'])
  chart?.actor?.send({ type: 'open' })
  await expect
    .poll(() => chart?.shadowRoot?.querySelector('[role=status]')?.textContent)
    .toContain('In opened')
})

it('a chart is a component of React', async () => {
  const { Chart }: { Chart: ComponentType } = await import('example:packages/statescope/README.md/5')
  const root = createRoot(document.body.appendChild(document.createElement('div')))
  root.render(<Chart />)
  await expect
    .poll(() => statesIn(document.querySelector('state-chart')))
    .toEqual(['tap', 'tap.off', 'tap.on'])
  root.unmount()
})

it('an actor of a story is heard of on the channel of Storybook, whose addon is named', async () => {
  const { addons: named } = await import('example:packages/statescope/README.md/6')
  expect(named).toEqual(['statescope/storybook'])
  const told: unknown[] = []
  addons.setChannel(new Channel({}))
  addons.getChannel().on('statescope/message', (message) => told.push(message))
  const { Fan }: { Fan: ComponentType } = await import('example:packages/statescope/README.md/7')
  const root = createRoot(document.body.appendChild(document.createElement('div')))
  root.render(<Fan />)
  await expect.poll(() => document.querySelector('button')).not.toBeNull()
  document.querySelector('button')?.click()
  await expect.poll(() => told.join()).toContain('"turn"')
  root.unmount()
})

it('another viewer is opened, and told once it is there', async () => {
  const told: unknown[] = []
  const { contentWindow } = document.body.appendChild(document.createElement('iframe'))
  contentWindow?.addEventListener('message', ({ data }) => told.push(data))
  const opened = vi.spyOn(window, 'open').mockReturnValue(contentWindow)
  await import('example:packages/statescope/README.md/8')
  expect(opened.mock.calls[0]?.[0]).toBe('https://stately.ai/inspect')
  createActor(player, { inspect: itsInspector().inspect }).start()
  window.postMessage({ type: '@statelyai.connected' })
  await expect.poll(() => JSON.stringify(told)).toContain('@xstate.actor')
})

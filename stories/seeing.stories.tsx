import type { Meta, StoryObj } from '@storybook/react-vite'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { createInspector } from 'statescope'
import { expect, waitFor } from 'storybook/test'
import 'statescope/state-inspector'
import { Statechart } from 'statescope/react'
import { Account } from './account.tsx'
import { clearLine } from './line.ts'
import { played } from './person.ts'
import { Phone } from './phone.tsx'
import { startPlayer } from './player.ts'
import * as plays from './plays.ts'
import { argTypes } from './scene.tsx'
import { useWorld, type WorldArgs } from './use-world.ts'
import { ready, type World } from './world.ts'

const Beside = ({ world, children }: { world: World | undefined; children: ReactNode }) =>
  world && (
    <div className="beside">
      <div>
        <div className="card">
          <Account flow={world.flow} />
        </div>
        <Phone world={world} />
      </div>
      {children}
    </div>
  )

/** `<Statechart>` for React, following the flow. */
function WithChart(args: WorldArgs) {
  const world = useWorld(args)
  return <Beside world={world}>{world && <Statechart actor={world.flow.actor} />}</Beside>
}

/** `<state-inspector>` with an inspector in the same page. */
function WithInspector(args: WorldArgs) {
  const [viewer] = useState(() => document.createElement('state-inspector'))
  const [inspector] = useState(() => createInspector({ to: viewer }))
  const world = useWorld({ ...args, inspect: inspector.inspect })
  return (
    <Beside world={world}>
      <div className="viewer" ref={(place) => place?.append(viewer)} />
    </Beside>
  )
}

function Player() {
  const root = useRef<HTMLDivElement>(null)
  useEffect(() => (root.current ? startPlayer(root.current) : undefined), [])
  return <div className="player" ref={root} />
}

/** Charts in a page: of the running flow, with everything that happened, and of any other XState machine. */
const meta = {
  title: 'Seeing',
  component: WithChart,
  argTypes,
  args: { ...clearLine, begin: ready },
} satisfies Meta<typeof WithChart>
export default meta
type Story = StoryObj<typeof WithChart>

/** Waits for the state that the chart names. */
const says = (root: ParentNode | null | undefined, words: string) =>
  waitFor(() =>
    expect(root?.querySelector('state-chart')?.shadowRoot?.querySelector('[role=status]')).toHaveTextContent(
      words,
    ),
  )

export const flowInReact: Story = {
  name: '<Statechart> in React',
  play: played(async (me, { canvasElement }) => {
    await says(canvasElement, 'In idle.ready')
    await plays.enroll(me)
    await says(canvasElement, 'In elevated')
  }),
}

export const anyMachine: Story = {
  name: '<state-chart> of any machine',
  render: () => <Player />,
  play: played(async (me, { canvasElement }) => {
    await says(canvasElement, 'In stopped')
    await me.clicks('play')
    await me.clicks('mute')
    await says(canvasElement, 'In on.track.playing and on.volume.muted')
    await me.clicks('stop')
    await me.clicks('play')
    await says(canvasElement, 'In on.track.playing and on.volume.muted') // by its history
  }),
}

export const inspector: Story = {
  name: '<state-inspector>',
  render: (args) => <WithInspector {...args} />,
  play: played(async (me, { canvasElement }) => {
    await plays.enroll(me)
    await says(canvasElement.querySelector('state-inspector')?.shadowRoot, 'In elevated')
  }),
}

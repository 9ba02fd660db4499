/** React's StrictMode makes actors that never start, and starts, stops and starts others: an inspector shows each once. */
import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { useActorRef, useMachine } from '@xstate/react'
import { type ComponentType, StrictMode, useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import { createInspector } from 'statescope'
import { expect, it } from 'vitest'
import { createMachine, fromCallback } from 'xstate'

const ping = fromCallback(({ sendBack }) => sendBack({ type: 'pong' }))
const parent = createMachine({
  id: 'parent',
  initial: 'waiting',
  states: { waiting: { invoke: { id: 'ping', src: ping }, on: { pong: 'answered' } }, answered: {} },
})

/** What a viewer is told of a component that is mounted. */
async function toldOf(
  componentOf: (inspect: ReturnType<typeof createInspector>['inspect']) => ComponentType,
) {
  const told: StatelyInspectionEvent[] = []
  const inspector = createInspector({ to: { receive: (message) => told.push(message) } })
  const Component = componentOf(inspector.inspect)
  const place = document.body.appendChild(document.createElement('div'))
  const root = createRoot(place)
  root.render(
    <StrictMode>
      <Component />
    </StrictMode>,
  )
  await expect.poll(() => place.textContent).toBe('answered')
  await new Promise((resolve) => setTimeout(resolve, 50))
  inspector.stop()
  root.unmount()
  place.remove()
  return told
}
const actorsIn = (told: readonly StatelyInspectionEvent[]) =>
  told.flatMap((message) => (message.type === '@xstate.actor' ? [message.name] : []))
const stepsIn = (told: readonly StatelyInspectionEvent[]) => {
  const names = new Map(
    told.flatMap((one) => (one.type === '@xstate.actor' ? [[one.sessionId, one.name]] : [])),
  )
  return told
    .filter((message) => message.type === '@xstate.snapshot')
    .map(({ sessionId, event, snapshot }) => `${names.get(sessionId)} ${event.type} ${snapshot.status}`)
}

it('shows the actor of useMachine and its child once, under StrictMode', async () => {
  const told = await toldOf((inspect) => () => {
    const [state] = useMachine(parent, { inspect })
    return String(state.value)
  })
  expect(actorsIn(told)).toEqual(['parent', 'ping'])
  expect(stepsIn(told).toSorted()).toEqual([
    'parent pong active',
    'parent xstate.init active',
    'ping xstate.init active',
    'ping xstate.stop stopped', // for the state that invokes it was left
  ])
})

it('shows a child that lives on once, under StrictMode', async () => {
  const stay = createMachine({ id: 'stay', invoke: { id: 'quiet', src: fromCallback(() => {}) } })
  const told = await toldOf((inspect) => () => {
    useMachine(stay, { inspect })
    return 'answered'
  })
  expect(actorsIn(told)).toEqual(['stay', 'quiet'])
  expect(stepsIn(told).toSorted()).toEqual(['quiet xstate.init active', 'stay xstate.init active'])
})

it('shows the actor of useActorRef once, under StrictMode, and an event that an effect sends it', async () => {
  const told = await toldOf((inspect) => () => {
    const actor = useActorRef(parent, { inspect })
    useEffect(() => actor.send({ type: 'hello' }), [actor])
    return 'answered'
  })
  expect(actorsIn(told)).toContain('parent')
  expect(actorsIn(told).filter((name) => name === 'parent').length).toBe(1)
})

/** Apps put into events and contexts whatever they have at hand: a viewer is told what it was, and no more. */
import { createElement, type MouseEvent } from 'react'
import { createRoot } from 'react-dom/client'
import { expect, it } from 'vitest'
import { assign, createActor, setup } from 'xstate'
import { createInspector } from '../../src/inspect/create-inspector.ts'

const careless = setup({
  types: {} as { context: { from: unknown }; events: { type: 'clicked'; from: unknown } },
}).createMachine({
  context: { from: null },
  on: { clicked: { actions: assign({ from: ({ event }) => event.from }) } },
})

/** What a viewer is shown of an event, and of the context that it was put into. */
async function shownOf(from: unknown) {
  const messages: { type: string; event?: { from: unknown }; snapshot?: { context: { from: unknown } } }[] =
    []
  const inspector = createInspector({
    to: { receive: (message) => messages.push(JSON.parse(JSON.stringify(message))) },
  })
  const actor = createActor(careless, { inspect: inspector.inspect }).start()
  actor.send({ type: 'clicked', from })
  const last = messages.at(-1)
  inspector.stop()
  expect(last?.event?.from).toEqual(last?.snapshot?.context.from)
  return { said: last?.event?.from, letters: JSON.stringify(messages).length }
}

it('a React event and React’s internals of an element are named, not traversed', async () => {
  const { promise, resolve } = Promise.withResolvers<MouseEvent>()
  const place = document.body.appendChild(document.createElement('div'))
  const root = createRoot(place)
  root.render(createElement('button', { type: 'button', id: 'go', className: 'big red', onClick: resolve }))
  await expect.poll(() => document.querySelector('#go')).not.toBeNull()
  const button = document.querySelector<HTMLButtonElement>('#go')
  button?.click()
  const event = await promise
  const name = 'HTMLButtonElement button#go.big.red'
  expect((await shownOf(event)).said).toBe(`[React event click at ${name}]`)
  expect((await shownOf(button)).said).toBe(`[${name}]`)
  expect((await shownOf(event.nativeEvent)).said).toBe(`[PointerEvent click at ${name}]`)
  const fiber = Object.entries(button ?? {}).find(([key]) => key.startsWith('__reactFiber$'))?.[1]
  expect((await shownOf({ fiber })).said).toEqual({ fiber: '[FiberNode]' })
  root.unmount()
  place.remove()
})

it('a window, a document, a file and a list of elements cost a few letters', async () => {
  for (const [value, said] of [
    [window, '[Window]'],
    [document, '[HTMLDocument #document]'],
    [document.createTextNode('hello'), '[Text #text]'],
    [new File(['x'.repeat(1000)], 'a.txt'), '[File a.txt of 1000 bytes]'],
    [new Headers({ accept: '*/*' }), { '[class]': 'Headers' }],
  ] as const) {
    const shown = await shownOf(value)
    expect([shown.said, shown.letters < 5_000]).toEqual([said, true])
  }
})

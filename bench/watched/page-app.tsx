/** A page that passes React's events to a machine, which keeps the last one. Times each click. */
import { createBrowserInspector } from '@statelyai/inspect'
import { useState } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { createInspector } from 'statescope'
import { assign, createActor, setup } from 'xstate'
import type { Watcher } from './app.ts'

const machine = setup({
  types: {} as { context: { last: unknown }; events: { type: 'clicked'; event: unknown } },
}).createMachine({
  context: { last: null },
  on: { clicked: { actions: assign({ last: ({ event }) => event.event }) } },
})

/** An inspector does some of its work when the page is idle. */
let busy = 0
const whenIdle = globalThis.requestIdleCallback
globalThis.requestIdleCallback = (work, options) =>
  whenIdle((deadline) => timed(() => work(deadline)), options)
function timed(work: () => void): void {
  const startedAt = performance.now()
  work()
  busy += performance.now() - startedAt
}

async function inspectorOf(watcher: Watcher) {
  if (watcher === 'none') return undefined
  const iframe = document.body.appendChild(document.createElement('iframe'))
  if (watcher === 'statescope') {
    const receive = (message: unknown) => iframe.contentWindow?.postMessage(JSON.stringify(message))
    return createInspector({ to: { receive } })
  }
  const inspector = createBrowserInspector({ url: 'about:blank', iframe })
  await new Promise((resolve) => iframe.addEventListener('load', resolve, { once: true }))
  window.postMessage({ type: '@statelyai.connected' })
  await pause()
  return inspector
}
const pause = () => new Promise((resolve) => setTimeout(() => whenIdle(resolve), 50))

/** A button in a page of some size. */
function App({ onClick }: { onClick: (event: unknown) => void }) {
  const [count, setCount] = useState(0)
  function clicked(event: unknown) {
    onClick(event)
    setCount(count + 1)
  }
  return (
    <main>
      <button type="button" onClick={clicked}>
        {count}
      </button>
      <ul>
        {Array.from({ length: 500 }, (_, id) => (
          <li key={`row ${id.toString()}`}>
            <b>{id}</b> of {count}
          </li>
        ))}
      </ul>
    </main>
  )
}

/** The milliseconds that a page is busy for each click, in its handler and its inspector. */
async function clicks(watcher: Watcher, times: number): Promise<number[]> {
  const inspector = await inspectorOf(watcher)
  const actor = createActor(machine, inspector && { inspect: inspector.inspect }).start()
  const took: number[] = []
  const root = createRoot(document.body.appendChild(document.createElement('div')))
  flushSync(() =>
    root.render(<App onClick={(event) => timed(() => actor.send({ type: 'clicked', event }))} />),
  )
  await pause()
  for (let click = 0; click < times; click++) {
    busy = 0
    flushSync(() => document.querySelector('button')?.click())
    await pause()
    took.push(busy)
  }
  root.unmount()
  return took
}
Object.assign(globalThis, { clicks })

import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { droppedIn, isMessage } from '../message.ts'
import { reconnectingSocket } from '../reconnecting-socket.ts'

/** Follows the messages of `statescope` at an address, across its restarts, and hears none of them twice. */
export function followServer(
  at: URL,
  to: {
    receive: (message: StatelyInspectionEvent) => void
    connection: (isOpen: boolean) => void
    /** How many messages this viewer missed, because it or the server could not keep up. */
    dropped: (count: number) => void
  },
): { stop: () => void } {
  const url = new URL(at)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const apps: string[] = []
  /** The first app's actors keep their ids, `x:0`; from the second on its number stands before them: `2/x:0`. */
  function short<Id extends string | undefined>(id: Id): Id | string {
    const [, app = '', own = ''] = /^([^/]*)\/(.*)$/.exec(id ?? '') ?? []
    if (app === '') return id
    if (!apps.includes(app)) apps.push(app)
    const number = apps.indexOf(app) + 1
    return number === 1 ? own : `${number}/${own}`
  }
  return reconnectingSocket(() => url, {
    open: () => to.connection(true),
    close: () => to.connection(false),
    message(text) {
      const message: unknown = JSON.parse(text)
      const dropped = droppedIn(message)
      if (dropped !== null) return to.dropped(dropped)
      if (!isMessage(message)) return
      if (message.type !== '@xstate.actor') url.searchParams.set('after', message.id)
      const ids = { sessionId: short(message.sessionId), rootId: short(message.rootId ?? message.sessionId) }
      switch (message.type) {
        case '@xstate.actor':
          return to.receive({ ...message, ...ids, parentId: short(message.parentId) })
        case '@xstate.event':
          return to.receive({ ...message, ...ids, sourceId: short(message.sourceId) })
        case '@xstate.snapshot':
          return to.receive({ ...message, ...ids })
      }
    },
  })
}

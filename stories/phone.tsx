import { useId, useSyncExternalStore } from 'react'
import type { World } from './world.ts'

/** The person's phone: the authenticator app, the time and the network. */
export function Phone({ world }: { world: World }) {
  const code = useSyncExternalStore(world.subscribe, world.phone.code)
  const canScan = useSyncExternalStore(world.subscribe, world.phone.canScan)
  const id = useId()
  const isUp = useSyncExternalStore(world.subscribe, world.network.isUp)
  return (
    <aside className="phone" aria-labelledby={id}>
      <h2 id={id}>Phone</h2>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields, and an <output> is read aloud by itself */}
      <div role="group" className="phone-code" aria-label="Code on the phone">
        {code}
      </div>
      <button type="button" disabled={!canScan} onClick={world.phone.scan}>
        Scan
      </button>
      <button type="button" onClick={() => world.later(30_000)}>
        30 seconds later
      </button>
      <button type="button" onClick={() => world.later(600_000)}>
        10 minutes later
      </button>
      <label>
        <input type="checkbox" checked={isUp} onChange={({ target }) => world.network.turn(target.checked)} />
        Network
      </label>
    </aside>
  )
}

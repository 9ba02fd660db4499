import { useEffect, useRef, useState } from 'react'
import { TotpFlowError } from 'totp-flow'
import type { Line } from './line.ts'
import { createWorld, type World, type WorldOptions } from './world.ts'

export interface WorldArgs extends WorldOptions, Line {
  /** Brings the world to the start of the story. */
  begin: (world: World) => Promise<unknown>
}

/** A world that lasts as long as its story is on screen. Its connection follows the controls. */
export function useWorld({ begin, latency, failure, failing, ...options }: WorldArgs): World | undefined {
  const [world, setWorld] = useState<World>()
  const first = useRef({ ...options, line: { latency, failure, failing } })
  useEffect(() => {
    const made = createWorld(first.current)
    setWorld(made)
    begin(made).catch(unlessEnded)
    return made.end
  }, [begin])
  useEffect(() => world?.set({ latency, failure, failing }), [world, latency, failure, failing])
  return world
}

/** Ignores the end of a story that the viewer leaves early. */
function unlessEnded(cause: unknown) {
  if (TotpFlowError.from(cause).code !== 'aborted') throw cause
}

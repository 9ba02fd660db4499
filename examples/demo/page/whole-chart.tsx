import elkApi from 'elkjs/lib/elk-api.js'
import workerUrl from 'elkjs/lib/elk-worker.min.js?url'
import { Statechart } from 'statescope/react'
import { layOutWith } from 'statescope/state-chart'
import type { TotpFlow } from 'totp-flow'

// The layout runs in a worker, so that the page never waits.
layOutWith(new elkApi.default({ workerUrl }))

/** Loaded on demand: the layout engine is larger than the rest of the page. */
export default function WholeChart({ flow }: { flow: TotpFlow }) {
  return <Statechart actor={flow.actor} />
}

import elkApi from 'elkjs/lib/elk-api.js'
import workerUrl from 'elkjs/lib/elk-worker.min.js?url'
import { Statechart } from 'statescope/react'
import { layOutWith } from 'statescope/state-chart'
import type { TotpFlow } from 'totp-flow'

// It lays out in a worker, so that the page never waits.
layOutWith(new elkApi.default({ workerUrl }))

/** Loaded when somebody wants to see it: the layout engine is larger than all the rest of the page. */
export default function WholeChart({ flow }: { flow: TotpFlow }) {
  return <Statechart actor={flow.actor} />
}

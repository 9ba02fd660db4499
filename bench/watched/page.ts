import { cpus, loadavg, platform, release } from 'node:os'
import { type AppFigures, KINDS, type Watcher } from './app.ts'

/** In milliseconds. `high` is the 95th percentile. */
type Taken = { median: number; high: number } | null

/** A machine of three states, one of 400 in three levels, and one of 400 in one. */
export const CHARTS = ['small', 'nested', 'flat'] as const
export type ChartKind = (typeof CHARTS)[number]

/** Everything that one run measures. */
export interface Measured {
  /** Milliseconds that a page is busy for a click. */
  click: Record<Watcher, Taken>
  small: (watcher: Watcher) => AppFigures & { serverGrown: number }
  large: (watcher: Watcher) => AppFigures & { serverGrown: number }
  /** Milliseconds to the first picture of a chart. */
  pictures: Record<ChartKind, number>
}

/** Each click causes an event and a snapshot. */
const MESSAGES = 2
const GOALS = { message: 5, time: 1.3, megabytes: 100, picture: 1000 }

export function watchedPage({ click, small, large, pictures }: Measured): string {
  const perMessage = ((click.statescope?.high ?? Number.NaN) - (click.none?.median ?? Number.NaN)) / MESSAGES
  const time = (watcher: Watcher) => small(watcher).seconds / small('none').seconds
  const grown = large('statescope').residentMegabytes - large('none').residentMegabytes
  const server = large('statescope').serverGrown
  const [core] = cpus()
  const load = loadavg().map((one) => one.toFixed(1))
  return `# What being watched costs

Made by \`npm run watched\` in the repository, which measures everything again; do not edit.

Made on ${new Date().toISOString().slice(0, 10)}, on ${cpus().length} cores of ${core?.model.trim()}, ${platform()} ${release()}, Node ${process.versions.node}, at a load of ${load.join(', ')} (1, 5, 15 minutes).

All figures of a row come from one run, in turns, round after round; each is the median of the rounds. The app is the same in
each column. \`@statelyai/inspect\` sends to a socket, or to a window, that reads everything and does nothing with it.

| measure | unwatched | with statescope | with @statelyai/inspect alone | goal | met |
| --- | --- | --- | --- | --- | --- |
| a click whose React event goes into an event and the context: how long the page is busy | ${milliseconds(click.none)} | ${milliseconds(click.statescope)}: ${perMessage.toFixed(2)} ms for a message | ${milliseconds(click.stately)} | ≤ ${GOALS.message} ms a message | ${met(perMessage <= GOALS.message)} |
| ${KINDS.small.perSecond.toLocaleString('en')} events a second for ${KINDS.small.seconds} s: until all are handled | ${seconds(small('none'))} | ${seconds(small('statescope'))}: ${time('statescope').toFixed(2)}× | ${seconds(small('stately'))}: ${time('stately').toFixed(2)}× | ≤ ${GOALS.time}× | ${met(time('statescope') <= GOALS.time)} |
| ${KINDS.large.perSecond.toLocaleString('en')} events a second for ${KINDS.large.seconds} s, each with a context of 50 kB, and a page that reads ten messages a second: memory | ${megabytes(large('none').residentMegabytes)} | ${megabytes(large('statescope').residentMegabytes)}: +${megabytes(grown)}; the server +${megabytes(server)} | ${megabytes(large('stately').residentMegabytes)}: +${megabytes(large('stately').residentMegabytes - large('none').residentMegabytes)} | ≤ +${GOALS.megabytes} MB each | ${met(grown <= GOALS.megabytes && server <= GOALS.megabytes)} |

From the start of a page's script to the first picture of its chart, the start of the layout engine included:

| chart | first picture | goal | met |
| --- | --- | --- | --- |
| 3 states | ${inSeconds(pictures.small)} | | |
| 400 states in three levels: what can be read at once | ${inSeconds(pictures.nested)} | ≤ 1 s | ${met(pictures.nested <= GOALS.picture)} |
| 400 states beside one another: all of them, without detours of arrows | ${inSeconds(pictures.flat)} | ≤ 1 s | ${met(pictures.flat <= GOALS.picture)} |
`
}

const inSeconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`

const met = (isMet: boolean) => (isMet ? 'yes' : '**no**')
const milliseconds = (taken: Taken) =>
  taken
    ? `p50 ${taken.median.toFixed(2)} ms, p95 ${taken.high.toFixed(1)} ms`
    : 'did not finish within a minute'
const seconds = ({ seconds, cpuSeconds }: AppFigures) =>
  `${seconds.toFixed(2)} s (${cpuSeconds.toFixed(2)} s of processor)`
const megabytes = (value: number) => `${Math.round(value).toLocaleString('en')} MB`

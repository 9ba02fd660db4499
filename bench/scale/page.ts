/** Formats figures for the terminal and docs/scale.md. */
import type { Compared, Measured } from './measure.ts'
import { DEFAULT_SITE, type Forecast, forecast, kindNames, kinds, type Site, siteOf } from './model.ts'
import { abouts, flagOf } from './options.ts'

/** The content of bench/scale/measured.json. */
export interface Recorded extends Measured {
  madeOn: string
  machine: string
}

const UNITS = ['', 'k', 'M', 'G', 'T', 'P']

/** Three digits and a prefix. */
function brief(value: number, unit = ''): string {
  const power = value < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3))
  const text = threeDigits(value / 1000 ** power)
  const suffix = `${UNITS[power]}${unit}`
  return suffix === '' ? text : `${text} ${suffix}`
}

const threeDigits = (value: number): string =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(value < 10 ? 2 : 3)))

const whole = (value: number) => Math.round(value).toLocaleString('en')

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

const offBy = ({ forecast: expected, measured }: Compared) => measured / expected - 1
/** The tolerance of a forecast. */
const TOLERANCE = 0.2
export const isRight = (compared: Compared) => Math.abs(offBy(compared)) <= TOLERANCE

export const demandsTable = ({ demands }: Measured): string =>
  table(
    ['request', 'node, CPU ms', 'at its limit', 'primary, CPU ms', 'round trips', 'log, bytes', 'pages'],
    kindNames.map((kind) => {
      const { nodeMs, databaseMs, roundTrips, walBytes, pages } = demands.requests[kind]
      return [
        kinds[kind],
        nodeMs.toFixed(2),
        demands.atLimit[kind].nodeMs.toFixed(2),
        databaseMs.toFixed(2),
        String(roundTrips),
        whole(walBytes),
        pages.toFixed(1),
      ]
    }),
  )

export const checkTable = ({ checked }: Measured): string =>
  table(
    ['forecast', 'expected', 'measured', 'off by'],
    checked.map((compared) => {
      const { what, unit, forecast: expected, measured } = compared
      const figure = (value: number) => `${value >= 100 ? whole(value) : value.toFixed(2)} ${unit}`.trim()
      const off = Math.round(offBy(compared) * 100)
      return [what, figure(expected), figure(measured), `${off > 0 ? '+' : ''}${off} %`]
    }),
  )

const SIZES = [1e6, 1e7, 1e8, 1e9]

/** Sites of four sizes, whose users have the habits of the default one. */
const sizesTable = ({ demands }: Measured): string =>
  table(
    [
      'users',
      'storage',
      'of which devices',
      'log per day',
      'requests per second at the peak',
      'nodes',
      'primaries',
      'connections per primary',
    ],
    SIZES.map((users) => {
      const { storage, walBytesPerDay, peak, nodes, primaries, connectionsPerPrimary } = forecast(
        demands,
        siteOf(users),
      )
      return [
        whole(users),
        brief(storage.bytes, 'B'),
        brief(storage.devices, 'B'),
        brief(walBytesPerDay, 'B'),
        whole(peak.requestsPerSecond),
        whole(nodes),
        whole(primaries),
        whole(connectionsPerPrimary),
      ]
    }),
  )

/** The rush of a large site, and of a larger one. */
const RUSHES: readonly Partial<Site>[] = [
  { users: 1e7, rushSignIns: 1e6 },
  { users: 1e8, rushSignIns: 1e7 },
  { users: 1e9, rushSignIns: 1e8 },
]

const rushTable = ({ demands }: Measured): string =>
  table(
    [
      'users',
      'sign-ins in 10 minutes',
      'requests per second',
      'nodes',
      'primaries',
      'time on the peak machines',
    ],
    RUSHES.map((given) => {
      const site = siteOf(given.users ?? DEFAULT_SITE.users, given)
      const { rush } = forecast(demands, site)
      return [
        whole(site.users),
        whole(site.rushSignIns),
        whole(rush?.requestsPerSecond ?? 0),
        whole(rush?.nodes ?? 0),
        whole(rush?.primaries ?? 0),
        `${whole((rush?.secondsOnPeakMachines ?? 0) / 60)} minutes`,
      ]
    }),
  )

export const optionsTable = (): string =>
  table(
    ['flag', 'default', 'meaning'],
    Object.entries(abouts).map(([name, about]) => [
      `\`--${flagOf(name)}\``,
      String(Object.entries(DEFAULT_SITE).find(([key]) => key === name)?.[1]),
      about,
    ]),
  )

/** For the terminal. */
export function forecastText(site: Site, result: Forecast): string {
  const { peak, rush, storage } = result
  const load = ({ requestsPerSecond, nodeCores, primaryCores }: Forecast['peak']) =>
    `${whole(requestsPerSecond)} requests/s keep ${brief(nodeCores)} cores of nodes and ${brief(primaryCores)} of primaries busy`
  const lines: [string, string][] = [
    ['at the peak', load(peak)],
    ...(rush
      ? [
          ['in the rush', load(rush)] as [string, string],
          [
            '',
            `the machines of the peak work on it for ${whole(rush.secondsOnPeakMachines)} s instead of ${whole(site.rushSeconds)} s`,
          ] as [string, string],
        ]
      : []),
    ['nodes', `${whole(result.nodes)} of one core`],
    ['primaries', `${whole(result.primaries)} of ${whole(site.primaryCores)} cores (${result.primariesBy})`],
    ['connections', `${whole(result.connectionsPerPrimary)} at each primary`],
    [
      'storage',
      `${brief(storage.bytes, 'B')}, ${brief(storage.perPrimary, 'B')} at each primary (users ${brief(storage.users, 'B')}, of which devices ${brief(storage.devices, 'B')}, consumed elevations ${brief(storage.elevations, 'B')}, session rules ${brief(storage.rules, 'B')})`,
    ],
    ['log', `${brief(result.walBytesPerDay, 'B')} a day, for archives and standbys`],
    ['verification', `${brief(result.verificationMs)} ms on average at the peak`],
  ]
  return lines.map(([name, text]) => `${name.padEnd(14)}${text}`).join('\n')
}

const origin = ({ madeOn, machine }: Recorded) =>
  `Measured on ${madeOn} on ${machine}. Measure again: \`npm run scale -- measure\`, then \`npm run docs\`.`

const costs = (record: Recorded): string => {
  const { demands, sweptPerSecond } = record
  const { verify } = demands.requests
  const most = 1000 / demands.atLimit.verify.nodeMs
  const { bytes } = demands
  return [
    demandsTable(record),
    origin(record),
    `So one core of a node handles ${whole(1000 / verify.nodeMs)} verifications a second, or ${whole(most)} at its limit. One core of a primary handles ${whole(1000 / verify.databaseMs)}.`,
    `A user takes ${whole(bytes.user)} bytes in tables and indexes: ${whole(bytes.device)} for the device, and the rest for ten recovery codes. A consumed elevation takes ${whole(bytes.elevation)} bytes, a session rule ${whole(bytes.rules)}. A full page takes ${whole(demands.fullPageBytes)} bytes in the log. A second of the primary's CPU deletes ${whole(Number(sweptPerSecond.toPrecision(2)))} expired rows.`,
  ].join('\n\n')
}

/** The generated parts of docs/scale.md. */
export const blocks: Readonly<{ [name: string]: (record: Recorded) => string }> = {
  sizes: sizesTable,
  options: optionsTable,
  costs,
  check: (record) => `${checkTable(record)}\n\n${origin(record)}`,
  rush: rushTable,
}

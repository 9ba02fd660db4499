/** The command-line flags of the load model. */
import { parseArgs } from 'node:util'
import { DEFAULT_SITE, type Site, siteOf } from './model.ts'

/** What each flag means. */
export const abouts: Readonly<Record<keyof Site, string>> = {
  users: 'users who have an authenticator',
  signInsPerDay: 'sign-ins in a day',
  codeShare: 'share of sign-ins that ask for a code, 0 to 1',
  listsPerSignIn: 'how often an app lists the devices, for each sign-in',
  refreshesPerSignIn: 'how often a session is renewed, for each sign-in',
  stepUpsPerDay: 'step-ups in a day, each a code and a guard',
  enrollmentsPerDay: 'enrollments in a day',
  peakFactor: 'busiest hour over the mean of the day',
  rushSignIns: 'sign-ins of a rush, on top of the mean of the day',
  rushSeconds: 'how long the rush lasts',
  coreSpeed: 'speed of your cores, as a multiple of the measured ones',
  nodeUtilization: 'how busy nodes may be at the peak, 0 to 1',
  primaryUtilization: 'how busy a primary may be at the peak, 0 to 1',
  primaryCores: 'cores of a primary',
  primaryTerabytes: 'disk of a primary for these tables',
  connectionsPerNode: 'connections that a node keeps to its primary',
  databaseRoundTripMs: 'from a node to its primary and back, milliseconds',
  commitMs: 'wait for a commit (disk, synchronous standby), milliseconds',
  checkpointSeconds: "PostgreSQL's checkpoint_timeout",
}

export const flagOf = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
const names = Object.keys(abouts) as (keyof Site)[]

/** Absent flags keep their defaults. Daily counts grow with the number of users. */
export function siteFrom(args: readonly string[]): { site: Site; json: boolean; help: boolean } {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(names.map((name) => [flagOf(name), text])),
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const given: Partial<Record<keyof Site, number>> = {}
  for (const name of names) {
    const value = Object.entries(values).find(([flag]) => flag === flagOf(name))?.[1]
    if (value !== undefined) given[name] = numberOf(name, String(value))
  }
  const { json, help } = values
  return { site: siteOf(given.users ?? DEFAULT_SITE.users, given), json: json === true, help: help === true }
}

const SHARES: readonly (keyof Site)[] = ['codeShare']
/** At 0, nothing would ever fit; at 1, waits would be infinite. */
const BELOW_ONE: readonly (keyof Site)[] = ['nodeUtilization', 'primaryUtilization']
const MAY_BE_ZERO: readonly (keyof Site)[] = [
  ...SHARES,
  'signInsPerDay',
  'listsPerSignIn',
  'refreshesPerSignIn',
  'stepUpsPerDay',
  'enrollmentsPerDay',
  'rushSignIns',
  'databaseRoundTripMs',
  'commitMs',
]

function numberOf(name: keyof Site, text: string): number {
  const value = Number(text.replaceAll('_', ''))
  const isRight =
    text.trim() !== '' &&
    Number.isFinite(value) &&
    (value > 0 || (value === 0 && MAY_BE_ZERO.includes(name))) &&
    (!SHARES.includes(name) || value <= 1) &&
    (!BELOW_ONE.includes(name) || value < 1)
  if (!isRight) throw new TypeError(`--${flagOf(name)} takes ${abouts[name]}, not ${text}.`)
  return value
}

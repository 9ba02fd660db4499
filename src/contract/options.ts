/** What one option takes: the words end "… takes ". */
export interface OptionRule {
  takes: string
  fits: (value: unknown) => boolean
  /** @default false */
  required?: boolean
  /** What the members of an object take; others are refused. */
  members?: OptionRules
}

/** What the options of a function take, by name. */
export type OptionRules = Readonly<Record<string, OptionRule>>

/** Throws a `TypeError` of one sentence that names the first option that is missing, unknown or not as it must be. */
export function assertOptions(given: unknown, rules: OptionRules, within = ''): void {
  if (!isObject(given))
    throw new TypeError(`${within ? within.slice(0, -1) : 'The options'} must be an object.`)
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(rules, name))
  if (unknown !== undefined) {
    throw new TypeError(`There is no option ${within}${unknown}; there are ${Object.keys(rules).join(', ')}.`)
  }
  for (const [name, { takes, fits, required = false, members }] of Object.entries(rules)) {
    const value = given[name]
    if (value === undefined && !required) continue
    if (!fits(value)) throw new TypeError(`${within}${name} takes ${takes}.`)
    if (members) assertOptions(value, members, `${within}${name}.`)
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether all that it says is its own: what a `Map` or an instance of a class says, nobody would read. */
export const isPlain = (value: unknown): boolean => {
  if (!isObject(value)) return false
  const above: unknown = Object.getPrototypeOf(value)
  return above === null || Object.getPrototypeOf(above) === null
}

/** The rule of an option without which nothing works. */
export const required = (rule: OptionRule): OptionRule => ({ ...rule, required: true })

/** An object of options of its own. */
export const objectOf = (members: OptionRules): OptionRule => ({
  takes: `an object of ${Object.keys(members).join(', ')}`,
  fits: isPlain,
  members,
})

/** A whole number, both ends included. */
export const wholeNumber = (least: number, most: number): OptionRule => ({
  takes: `a whole number from ${least} to ${most}`,
  fits: (value) => typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most,
})

/** One of a few words. */
export const oneOf = (...words: readonly string[]): OptionRule => ({
  takes: words.map((word) => `'${word}'`).join(' or '),
  fits: (value) => typeof value === 'string' && words.includes(value),
})

/** A list without an empty text in it, of so many at least. */
export const listOfText = (what: string, least = 0): OptionRule => ({
  takes: least > 0 ? `a list of ${what}, one at least` : `a list of ${what}`,
  fits: (value) => Array.isArray(value) && value.length >= least && value.every(isText),
})

/** Text that is not empty. */
export const text = (what: string): OptionRule => ({ takes: what, fits: isText })
const isText = (value: unknown) => typeof value === 'string' && value.trim() !== '' && !value.includes('\0')

/** Yes or no, and not what JavaScript takes for it. */
export const trueOrFalse: OptionRule = {
  takes: 'true or false',
  fits: (value) => typeof value === 'boolean',
}

/** A function, whose arguments and result nobody can check beforehand. */
export const functionThat = (does: string): OptionRule => ({
  takes: `a function that ${does}`,
  fits: (value) => typeof value === 'function',
})

/** A clock that tells milliseconds now. */
export const clockOption: OptionRule = {
  takes: 'a function that tells whole epoch milliseconds, as Date.now does',
  fits: (value) => typeof value === 'function' && Number.isSafeInteger(value()),
}

/** Where public keys are read: an attacker who changes them in transit could sign anyone in. */
export const jwksUrlOption: OptionRule = {
  takes: 'an https: URL without a password, or an http: one of this machine',
  fits: (value) => {
    if (typeof value !== 'string' || !URL.canParse(value)) return false
    const { protocol, hostname, username, password } = new URL(value)
    if (username !== '' || password !== '') return false
    return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))
  },
}
const LOOPBACK = /^(?:(?:[a-z0-9-]+\.)*localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

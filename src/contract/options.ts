/** The rule of one option. `takes` completes the sentence "… takes ". */
export interface OptionRule {
  takes: string
  fits: (value: unknown) => boolean
  /** @default false */
  required?: boolean
  /** The rules for the members of an object. Unknown members are rejected. */
  members?: OptionRules
}

/** The rules of a function's options, by name. */
export type OptionRules = Readonly<Record<string, OptionRule>>

/** Throws a `TypeError` with one sentence that names the first option that is missing, unknown or invalid. */
export function assertOptions(given: unknown, rules: OptionRules, within = ''): void {
  if (!isObject(given))
    throw new TypeError(`${within ? within.slice(0, -1) : 'The options'} must be an object.`)
  const unknown = Object.keys(given).find((name) => given[name] !== undefined && !Object.hasOwn(rules, name))
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

/** Whether a value is a plain object: the options of a `Map` or a class instance could not be read. */
export const isPlain = (value: unknown): boolean => {
  if (!isObject(value)) return false
  const above: unknown = Object.getPrototypeOf(value)
  return above === null || Object.getPrototypeOf(above) === null
}

/** The rule of a required option. */
export const required = (rule: OptionRule): OptionRule => ({ ...rule, required: true })

/** An object with options of its own. */
export const objectOf = (members: OptionRules): OptionRule => ({
  takes: `an object of ${Object.keys(members).join(', ')}`,
  fits: isPlain,
  members,
})

/** A whole number within these bounds, inclusive. */
export const wholeNumber = (least: number, most: number): OptionRule => ({
  takes: `a whole number from ${least} to ${most}`,
  fits: (value) => typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most,
})

/** One of these words. */
export const oneOf = (...words: readonly string[]): OptionRule => ({
  takes: words.map((word) => `'${word}'`).join(' or '),
  fits: (value) => typeof value === 'string' && words.includes(value),
})

/** A list of non-empty strings, at least this many. */
export const listOfText = (what: string, least = 0): OptionRule => ({
  takes: least > 0 ? `a list of ${what}, at least one` : `a list of ${what}`,
  fits: (value) => Array.isArray(value) && value.length >= least && value.every(isText),
})

/** A string that is not blank. */
export const text = (what: string): OptionRule => ({ takes: what, fits: isText })
const isText = (value: unknown) => typeof value === 'string' && value.trim() !== '' && !value.includes('\0')

/** A boolean, not a truthy or falsy value. */
export const trueOrFalse: OptionRule = {
  takes: 'true or false',
  fits: (value) => typeof value === 'boolean',
}

/** A function. Its arguments and result cannot be checked beforehand. */
export const functionThat = (does: string): OptionRule => ({
  takes: `a function that ${does}`,
  fits: (value) => typeof value === 'function',
})

/** A function that returns the current time in milliseconds. */
export const clockOption: OptionRule = {
  takes: 'a function that returns whole epoch milliseconds, as Date.now does',
  fits: (value) => typeof value === 'function' && Number.isSafeInteger(value()),
}

/** A URL of public keys: an attacker who changes them in transit could sign anyone in. */
export const jwksUrlOption: OptionRule = {
  takes: 'an https: URL without a password, or an http: URL of this machine',
  fits: (value) => {
    if (typeof value !== 'string' || !URL.canParse(value)) return false
    const { protocol, hostname, username, password } = new URL(value)
    if (username !== '' || password !== '') return false
    return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))
  },
}
const LOOPBACK = /^(?:(?:[a-z0-9-]+\.)*localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

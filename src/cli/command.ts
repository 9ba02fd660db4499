import { StartError } from '../server/node/index.ts'

export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

interface Option {
  type: 'string' | 'boolean'
  multiple?: boolean
  /** The environment variable for the same setting; the option takes precedence. */
  env?: string
  /** Shown in the help. */
  value?: string
  about: string
}
export type Options = Readonly<Record<string, Option>>

export interface Command {
  name: string
  /** The arguments after the name, as the help shows them. */
  takes?: string
  summary: string
  options: Options
  help(): string
  /** Resolves to the exit code. */
  run(values: Values, words?: readonly string[]): Promise<number>
}

/** The command line was not understood; exit code 2. */
export class UsageError extends StartError {}

/** Builds a command's help from its options, so that the two cannot differ. */
export function command(parts: Omit<Command, 'help'> & { more?: string }): Command {
  const { name, takes, summary, options, more = '' } = parts
  return {
    ...parts,
    help() {
      const lines = Object.entries(options).map(([option, { value = '', about, env }]) => {
        const left = `  --${option}${value && ` <${value}>`}`
        return `${left.padEnd(36)} ${about}${env ? ` [${env}]` : ''}`
      })
      return `totp-flow ${name}${takes ? ` ${takes}` : ''}: ${summary}\n\n${lines.join('\n')}\n${more && `\n${more}\n`}`
    },
  }
}

/** Returns the option, else its environment variable, else the fallback. */
export function textOf(options: Options, values: Values, name: string, fallback: string): string
export function textOf(options: Options, values: Values, name: string): string | undefined
export function textOf(
  options: Options,
  values: Values,
  name: string,
  fallback?: string,
): string | undefined {
  const value = values[name]
  if (typeof value === 'string') return value
  const variable = options[name]?.env
  return (variable && variableOf(variable)) ?? fallback
}

/** Rejects an empty variable as a mistake: the default in its place may be another database or another key. */
export function variableOf(name: string): string | undefined {
  const value = process.env[name]
  if (value !== undefined && value.trim() === '') {
    throw new UsageError(`${name} is empty. Give it a value, or unset it.`)
  }
  return value
}

/** Reads a list from a repeated option or a variable with commas. */
export function listOf(options: Options, values: Values, name: string): string[] {
  const value = values[name]
  if (Array.isArray(value)) return value.filter((item) => typeof item === 'string')
  return (textOf(options, {}, name) ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
}

export function isOn(options: Options, values: Values, name: string): boolean {
  if (values[name] === true) return true
  const text = (textOf(options, {}, name) ?? '').trim().toLowerCase()
  if (['1', 'true', 'yes', 'on'].includes(text)) return true
  if (['', '0', 'false', 'no', 'off'].includes(text)) return false
  throw new UsageError(`${wayOf(options, name)} must be true or false. Correct it, or leave it out.`)
}

export function numberOf(
  options: Options,
  values: Values,
  name: string,
  fallback: number,
  most: number,
  least = 0,
): number {
  const text = textOf(options, values, name, String(fallback))
  const number = Number(text)
  if (text.trim() !== '' && Number.isInteger(number) && number >= least && number <= most) return number
  throw new UsageError(
    `${wayOf(options, name)} must be a number from ${least} to ${most}. Correct it, or leave it out.`,
  )
}

/** Quotes a value to correct, except a URL or an address with a user, which may hold a password. */
export const given = (text: string): string => (/:\/\/|@/.test(text) ? 'it' : text)

const wayOf = (options: Options, name: string) => {
  const variable = options[name]?.env
  return variable ? `--${name} (${variable})` : `--${name}`
}

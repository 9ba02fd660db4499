import type { AuditEvent } from '../server/index.ts'
import { type Options, textOf, UsageError, type Values } from './command.ts'

export const logOptions = {
  'log-level': {
    type: 'string',
    env: 'LOG_LEVEL',
    value: 'level',
    about: 'silent, error, warn or info (by default): JSON lines on standard output',
  },
} as const satisfies Options

/**
 * The levels and their numbers of pino, which readers of JSON logs know. Those of other programs too, which may share the
 * variable: there is nothing finer here than `info`.
 */
const LEVELS = {
  silent: Number.POSITIVE_INFINITY,
  fatal: 60,
  error: 50,
  warn: 40,
  info: 30,
  debug: 20,
  trace: 10,
}
const isLevel = (name: string): name is keyof typeof LEVELS => Object.hasOwn(LEVELS, name)

/** Writes what happened as JSON lines on standard output. */
export function eventLog(values: Values): (event: AuditEvent) => void {
  const least = textOf(logOptions, values, 'log-level', 'info')
  if (!isLevel(least)) {
    throw new UsageError(
      '--log-level (LOG_LEVEL) must be silent, error, warn or info. Correct it, or leave it out.',
    )
  }
  return (event) => {
    const level = LEVELS[levelOf(event)]
    if (level < LEVELS[least]) return
    process.stdout.write(`${JSON.stringify({ level, pid: process.pid, ...event, msg: event.type })}\n`)
  }
}

function levelOf({ type }: AuditEvent): 'info' | 'warn' | 'error' {
  if (type === 'failed') return 'error'
  return ['throttled', 'locked', 'address_throttled', 'signing_key_unreadable'].includes(type)
    ? 'warn'
    : 'info'
}

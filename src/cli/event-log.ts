import { pino } from 'pino'
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

/** Those of other programs too, which may share the variable: there is nothing finer here than `info`. */
const LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']

/** Writes what happened as JSON lines on standard output. */
export function eventLog(values: Values): (event: AuditEvent) => void {
  const level = textOf(logOptions, values, 'log-level', 'info')
  if (!LEVELS.includes(level)) {
    throw new UsageError(
      '--log-level (LOG_LEVEL) must be silent, error, warn or info. Correct it, or leave it out.',
    )
  }
  const log = pino({ level, base: { pid: process.pid }, timestamp: false })
  return (event) => log[levelOf(event)](event, event.type)
}

function levelOf({ type }: AuditEvent): 'info' | 'warn' | 'error' {
  if (type === 'failed') return 'error'
  return ['throttled', 'locked', 'address_throttled', 'signing_key_unreadable'].includes(type)
    ? 'warn'
    : 'info'
}

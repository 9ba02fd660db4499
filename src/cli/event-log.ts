import { inspect } from 'node:util'
import { causeCode } from '../server/audit/cause-code.ts'
import type { AuditEvent, ErrorContext } from '../server/index.ts'
import { withoutUrls } from '../server/node/without-urls.ts'
import { type Options, textOf, UsageError, type Values } from './command.ts'
import { say } from './common.ts'

export const logOptions = {
  'log-level': {
    type: 'string',
    env: 'LOG_LEVEL',
    value: 'level',
    about: 'silent, error, warn or info (by default): JSON lines on standard output',
  },
} as const satisfies Options

/**
 * The levels of pino and their numbers, which log readers know. Other programs may share the variable, so `debug` and `trace` are
 * accepted, but nothing here is finer than `info`.
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

/** Writes events as JSON lines to standard output, or to another stream where standard output carries a command's result. */
export function eventLog(
  values: Values,
  stream: NodeJS.WritableStream = process.stdout,
): (event: AuditEvent) => void {
  const write = lineWriter(values, stream)
  return (event) => write(levelOf(event), { ...event, msg: event.type })
}

/** Writes errors, with their causes, in the same way. */
export function errorLog(values: Values): (error: Error, context: ErrorContext) => void {
  const write = lineWriter(values)
  return (error, { request, event }) =>
    write('error', {
      at: Date.now(),
      ...request,
      event,
      code: causeCode(error),
      err: withoutUrls(inspect(error)),
      msg: 'error',
    })
}

function lineWriter(
  values: Values,
  stream: NodeJS.WritableStream = process.stdout,
): (level: keyof typeof LEVELS, line: object) => void {
  const least = textOf(logOptions, values, 'log-level', 'info')
  if (!isLevel(least)) {
    throw new UsageError(
      '--log-level (LOG_LEVEL) must be silent, error, warn or info. Correct it, or leave it out.',
    )
  }
  return (name, line) => {
    const level = LEVELS[name]
    if (level >= LEVELS[least]) sinkOf(stream)({ level, pid: process.pid, ...line })
  }
}

type Sink = (line: object) => void
const sinks = new WeakMap<NodeJS.WritableStream, Sink>()

function sinkOf(stream: NodeJS.WritableStream): Sink {
  const sink = sinks.get(stream) ?? newSink(stream)
  sinks.set(stream, sink)
  return sink
}

/** Counts lines that a full disk or a closed pipe swallows and reports them later, so that a failing log never stops the server. */
function newSink(stream: NodeJS.WritableStream): Sink {
  let lost = 0
  let isTold = false
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!isTold)
      say(`totp-flow: the log cannot be written (${error.code ?? error.name}). The server keeps running.`)
    isTold = true
  })
  return (line) => {
    const [before, at] = [lost, Date.now()]
    lost = 0
    const note = { level: LEVELS.error, pid: process.pid, at, type: 'log_lines_lost', count: before }
    // The last failed line may have been written in part, so it is ended first.
    const told = before > 0 ? `\n${JSON.stringify({ ...note, msg: note.type })}\n` : ''
    stream.write(`${told}${JSON.stringify(line)}\n`, (error) => {
      if (error) lost += before + 1
      else isTold = false
    })
  }
}

function levelOf({ type }: AuditEvent): 'info' | 'warn' | 'error' {
  if (type === 'failed') return 'error'
  return ['throttled', 'locked', 'address_throttled', 'signing_key_unreadable'].includes(type)
    ? 'warn'
    : 'info'
}

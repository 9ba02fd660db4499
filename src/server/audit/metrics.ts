/**
 * Audit events as OpenTelemetry counters, for a host that has it: `createTotpServer({ onEvent: countEvents(meter), … })`.
 *
 * @module totp-flow/server/metrics
 */
import type { AuditEvent } from './audit.ts'

/** The part of `@opentelemetry/api`'s `Meter` that is used: `metrics.getMeter('totp-flow')` fits. */
export interface CounterMeter {
  /** Called once, for `totp_flow.events`. */
  createCounter(
    name: string,
    options: { description: string },
  ): { add(value: number, attributes: Record<string, string>): void }
}

/** A listener for `onEvent` that counts by kind of event and reason; nothing that names a user. */
export function countEvents(meter: CounterMeter): (event: AuditEvent) => void {
  const counter = meter.createCounter('totp_flow.events', {
    description: 'What happened: enrolled, verified, refused, throttled, deleted, recovered, failed, …',
  })
  return (event) =>
    counter.add(1, { type: event.type, ...('reason' in event && { reason: String(event.reason) }) })
}

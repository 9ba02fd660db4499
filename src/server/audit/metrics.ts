/**
 * Counts audit events with OpenTelemetry: `createTotpServer({ onEvent: countEvents(meter), … })`.
 *
 * @module totp-flow/server/metrics
 */
import type { AuditEvent } from './audit.ts'

/** The part of `@opentelemetry/api`'s `Meter` that is used. `metrics.getMeter('totp-flow')` fits. */
export interface CounterMeter {
  /** Called once, for `totp_flow.events`. */
  createCounter(
    name: string,
    options: { description: string },
  ): { add(value: number, attributes: Record<string, string>): void }
}

/** Returns a listener for `onEvent` that counts by type and reason. No attribute names a user. */
export function countEvents(meter: CounterMeter): (event: AuditEvent) => void {
  const counter = meter.createCounter('totp_flow.events', {
    description: 'Events by type: enrolled, verified, refused, throttled, deleted, recovered, failed, …',
  })
  return (event) =>
    counter.add(1, { type: event.type, ...('reason' in event && { reason: String(event.reason) }) })
}

import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { expect, it } from 'vitest'
import { countEvents } from '../../../src/server/audit/metrics.ts'
import { memoryStore } from '../../../src/server/index.ts'
import { createWorld } from '../../support/world.ts'

it('events are counted by kind and reason in OpenTelemetry, naming nobody', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter })
  const provider = new MeterProvider({ readers: [reader] })
  const counting = createWorld(() => memoryStore(), { onEvent: countEvents(provider.getMeter('totp-flow')) })
  const { secret } = await counting.enroll('ann')
  for (const code of [counting.codeOf(secret), counting.codeOf(secret), '000000']) {
    await counting.call('POST', '/users/mfa/auth/totp', { as: 'ann', body: { code } })
  }
  await reader.forceFlush()
  const points = exporter.getMetrics()[0]?.scopeMetrics[0]?.metrics[0]?.dataPoints ?? []
  const counts = Object.fromEntries(
    points.map(({ attributes, value }) => [
      [attributes.type, attributes.reason].filter(Boolean).join(' '),
      value,
    ]),
  )
  expect(counts).toEqual({
    registered: 1,
    enrolled: 1,
    verified: 1,
    'refused code_reused': 1,
    'refused invalid_code': 1,
  })
  expect(JSON.stringify(exporter.getMetrics())).not.toContain('ann')
  await provider.shutdown()
  await counting.close()
})

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { statechartPage } from '../docs/make-statechart.ts'

it('docs/statechart.md shows the chart as it is (if not: npm run docs)', () => {
  expect(readFileSync('docs/statechart.md', 'utf8')).toBe(statechartPage())
})

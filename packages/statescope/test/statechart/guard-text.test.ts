import { expect, it } from 'vitest'
import { and, createMachine, not, or, stateIn } from 'xstate'
import { definitionOf } from '../../src/inspect/definition.ts'
import { machineFrom } from '../../src/inspect/machine-from.ts'
import { chartOf } from '../../src/statechart/chart.ts'

const isBig = () => true
const machine = createMachine({
  initial: 'a',
  states: {
    a: {
      on: {
        1: { guard: 'isPaid', target: 'b' },
        2: { guard: and(['isPaid', not('isLate')]), target: 'b' },
        3: { guard: or([and(['isPaid', 'isSent']), not(or(['isLate', 'isLost']))]), target: 'b' },
        4: { guard: and(['isPaid', and(['isSent', 'isSeen'])]), target: 'b' },
        5: { guard: stateIn('#elsewhere'), target: 'b' },
        6: { guard: not(stateIn({ b: 'c' })), target: 'b' },
        7: { guard: isBig, target: 'b' },
        8: { guard: { type: 'isAbove', params: { least: 3 } }, target: 'b' },
        9: { guard: () => true, target: 'b' },
        10: { guard: or(['isPaid']), target: 'b' },
      },
    },
    b: {},
  },
} as Parameters<typeof createMachine>[0])

const TEXTS = [
  'isPaid',
  'isPaid and not isLate',
  '(isPaid and isSent) or not (isLate or isLost)',
  'isPaid and isSent and isSeen',
  'in #elsewhere',
  'not in {b: "c"}',
  'isBig',
  'isAbove({least: 3})',
  '() => true',
  'isPaid',
]

it.each([
  ['of a machine', machine],
  ['of a machine as a message describes it', machineFrom(definitionOf(machine))],
])('the guards %s read as expressions', (_, given) => {
  const { ways } = chartOf(given ?? createMachine({}))
  expect(ways.map(({ guard }) => guard)).toEqual(TEXTS)
})

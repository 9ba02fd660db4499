/** A page that draws one chart, and times how long its first picture takes. */
import 'statescope/state-chart'
import { type AnyStateMachine, createMachine } from 'xstate'

/** Each state leads to the next, and every third to a distant one. */
function inARow(count: number, inside: (number: number) => object = () => ({})) {
  const keyOf = (number: number) => `step${number % count}`
  const states = Array.from({ length: count }, (_, number) => [
    keyOf(number),
    {
      ...inside(number),
      on: {
        next: keyOf(number + 1),
        ...(number % 3 === 0 && { skip: { guard: 'maySkip', target: keyOf(number * 7 + 11) } }),
      },
    },
  ])
  return { initial: keyOf(0), states: Object.fromEntries(states) }
}

const machines: Record<string, AnyStateMachine> = {
  small: createMachine({ id: 'small', ...inARow(3) }),
  nested: createMachine({ id: 'nested', ...inARow(8, () => inARow(7, () => inARow(6))) }),
  flat: createMachine({ id: 'flat', ...inARow(400) }),
}

/** Milliseconds from the page's script to the picture, including the start of the layout engine. */
async function firstPicture(kind: string): Promise<number> {
  const startedAt = performance.now()
  const chart = document.createElement('state-chart')
  chart.machine = machines[kind] ?? null
  const isDrawn = new Promise((resolve) =>
    chart.addEventListener('state-chart-drawn', resolve, { once: true }),
  )
  document.body.append(chart)
  await isDrawn
  return performance.now() - startedAt
}
Object.assign(globalThis, { firstPicture })

import { createElement, type ReactElement, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { AddonPanel } from 'storybook/internal/components'
import { type StorybookTheme, useTheme } from 'storybook/theming'
import { ledBy } from '../inspect/timeline.ts'
import type { StateChartElement } from '../statechart/element.ts'
import { seen } from './seen.ts'

/** The reduced chart of the machine that runs in the story, which highlights its steps. */
export const StatechartPanel = ({ active }: { active: boolean }): ReactElement =>
  // biome-ignore lint/correctness/noChildrenProp: its types ask for it
  createElement(AddonPanel, { active, hasScrollbar: false, children: createElement(LiveChart) })

function LiveChart() {
  const running = useSyncExternalStore(seen.subscribe, seen.get)
  const [chosen, choose] = useState('')
  const chart = useRef<StateChartElement>(null)
  const { base } = useTheme() as StorybookTheme // its types lack what they extend
  const shown = running.find(({ sessionId }) => sessionId === chosen) ?? running[0]
  const { machine = null, value = null, last } = shown ?? {}

  useEffect(() => {
    if (!chart.current) return
    chart.current.depth ??= 1
    chart.current.machine = machine
    chart.current.show(value, ledBy(last, machine))
  }, [machine, value, last])

  return createElement(
    'div',
    { style: { display: 'flex', flexDirection: 'column', height: '100%', colorScheme: base } },
    !shown && createElement('p', { style: { padding: 8 } }, 'No machine runs in this story.'),
    running.length > 1 &&
      createElement(
        'label',
        { style: { padding: '8px 8px 0' } },
        'Machine ',
        createElement(
          'select',
          {
            value: shown?.sessionId,
            onChange: ({ target }: { target: { value: string } }) => choose(target.value),
          },
          running.map(({ sessionId, name }, index) =>
            createElement('option', { key: sessionId, value: sessionId }, `${name} ${index + 1}`),
          ),
        ),
      ),
    createElement('state-chart', {
      ref: chart,
      hidden: shown ? undefined : true, // or Storybook's React would write `hidden="false"`
      style: { flex: 1, minHeight: 0 },
    }),
  )
}

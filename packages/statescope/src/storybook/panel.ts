import React from 'react' // Storybook's own, whose JSX is the classic one
import { AddonPanel } from 'storybook/internal/components'
import { useTheme } from 'storybook/theming'
import type { StateChartElement } from '../../packages/statescope/src/statechart/element.ts'
import { seen } from './seen.ts'

/** The chart of what runs in the story, lit as it goes. */
export const StatechartPanel = ({ active }: { active: boolean }) => (
  <AddonPanel active={active} hasScrollbar={false}>
    <LiveChart />
  </AddonPanel>
)

function LiveChart() {
  const running = React.useSyncExternalStore(seen.subscribe, seen.get)
  const [chosen, choose] = React.useState('')
  const chart = React.useRef<StateChartElement>(null)
  const { base } = useTheme()
  const shown = running.find(({ sessionId }) => sessionId === chosen) ?? running[0]
  const { machine = null, value = null, last } = shown ?? {}

  React.useEffect(() => {
    if (!chart.current) return
    chart.current.machine = machine
    chart.current.show(value, last?.before ? { before: last.before, eventType: last.event.type } : undefined)
  }, [machine, value, last])

  return (
    <div style={{ display: 'flex', flexDirection: 'column', height: '100%', colorScheme: base }}>
      {!shown && <p style={{ padding: 8 }}>No machine runs in this story.</p>}
      {running.length > 1 && (
        <label style={{ padding: '8px 8px 0' }}>
          Machine{' '}
          <select value={shown?.sessionId} onChange={({ target }) => choose(target.value)}>
            {running.map(({ sessionId, name }, index) => (
              <option key={sessionId} value={sessionId}>
                {name} {index + 1}
              </option>
            ))}
          </select>
        </label>
      )}
      {React.createElement('state-chart', {
        ref: chart,
        hidden: shown ? undefined : true, // or Storybook's React would write `hidden="false"`
        style: { flex: 1, minHeight: 0 },
      })}
    </div>
  )
}

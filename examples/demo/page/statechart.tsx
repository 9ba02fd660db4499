import { lazy, Suspense, useState } from 'react'
import { type TotpFlow, totpMachine } from 'totp-flow'
import { useTotpFlow } from 'totp-flow/react'

const WholeChart = lazy(() => import('./whole-chart.tsx'))

/** The live statechart: the machine's states with the current one highlighted, and every transition on demand. */
export function Statechart({ flow }: { flow: TotpFlow }) {
  const [isWhole, setWhole] = useState(false)
  return (
    <details className={isWhole ? 'panel whole' : 'panel'}>
      <summary>Statechart</summary>
      <label>
        <input type="checkbox" checked={isWhole} onChange={({ target }) => setWhole(target.checked)} />
        With every transition
      </label>
      {isWhole ? (
        <Suspense fallback={<States />}>
          <WholeChart flow={flow} />
        </Suspense>
      ) : (
        <States />
      )}
    </details>
  )
}

function States() {
  const state = useTotpFlow((view) => view.state)
  const detail = useTotpFlow((view) => view.detail)
  return (
    <ul>
      {Object.entries(totpMachine.states).map(([name, node]) => (
        <li key={name} aria-current={name === state ? 'true' : undefined}>
          <code>{name}</code>
          <span>
            {Object.keys(node.states).map((part) => (
              <code key={part} aria-current={name === state && part === detail ? 'true' : undefined}>
                {part}
              </code>
            ))}
          </span>
        </li>
      ))}
    </ul>
  )
}

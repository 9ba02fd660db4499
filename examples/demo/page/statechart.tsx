import { totpMachine } from 'totp-flow'
import { useTotpFlow } from 'totp-flow/react'

/** The live statechart: the states as the machine has them, the current one lit. */
export function Statechart() {
  const state = useTotpFlow((view) => view.state)
  const detail = useTotpFlow((view) => view.detail)
  return (
    <details className="panel" open={matchMedia('(min-width: 800px)').matches}>
      <summary>Statechart</summary>
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
    </details>
  )
}

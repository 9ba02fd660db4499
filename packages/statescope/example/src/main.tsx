import { useMachine } from '@xstate/react'
import { createRoot } from 'react-dom/client'
import { createInspector } from 'statescope'
import 'statescope/state-inspector'
import { KINDS, type Kind, teaMachine } from './tea.ts'

// Shows the inspector below the app. Without `to`, `createInspector()` would send to the page of `npx statescope`.
const viewer = document.body.appendChild(document.createElement('state-inspector'))
const { inspect } = createInspector({ to: viewer, allowEvents: true })

function Tea() {
  const [state, send] = useMachine(teaMachine, { inspect })
  const { cups } = state.context
  return (
    <>
      {(Object.keys(KINDS) as Kind[]).map((kind) => (
        <button
          type="button"
          key={kind}
          disabled={!state.can({ type: 'tea.choose', kind })}
          onClick={() => send({ type: 'tea.choose', kind })}
        >
          Make {kind} tea
        </button>
      ))}
      <button
        type="button"
        disabled={!state.can({ type: 'tea.cancel' })}
        onClick={() => send({ type: 'tea.cancel' })}
      >
        Cancel
      </button>
      <button
        type="button"
        disabled={!state.can({ type: 'tea.drink' })}
        onClick={() => send({ type: 'tea.drink' })}
      >
        Drink
      </button>
      <output>{cups === 1 ? '1 cup' : `${cups} cups`}</output>
    </>
  )
}

const app = document.getElementById('app')
if (app) createRoot(app).render(<Tea />)

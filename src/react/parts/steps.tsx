import { standingOf } from '../../ui/present.ts'
import { useMessages } from '../flow/use-messages.ts'
import { useText } from './known.tsx'

/** Shows the steps of the enrollment. `current` counts from 0; 3 means that all are done. */
export function Steps({ current, className }: { current: number; className?: string }) {
  const { enrollment } = useMessages()
  const last = useText('last-step')
  return (
    <ol part="steps" className={className} aria-label={enrollment.steps}>
      {[enrollment.scan, enrollment.type, last].map((step, index) => {
        const { isDone, isCurrent } = standingOf(index, current)
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the steps never change places
          <li key={index} aria-current={isCurrent ? 'step' : undefined} part={isDone ? 'step done' : 'step'}>
            <span>{step}</span>
            {isDone && <span part="unseen">{enrollment.done}</span>}
          </li>
        )
      })}
    </ol>
  )
}

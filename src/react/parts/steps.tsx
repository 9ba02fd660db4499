import { isStepDone } from '../../ui/present.ts'
import { useMessages } from '../flow/use-messages.ts'

/** Where in the enrollment one is, counted from 0: the steps before are done. */
export function Steps({ current, className }: { current: number; className?: string }) {
  const { enrollment } = useMessages()
  const { scan, type, finished } = enrollment
  return (
    <ol part="steps" className={className} aria-label={enrollment.steps}>
      {[scan, type, finished].map((step, index) => (
        <li
          key={step}
          aria-current={index === current ? 'step' : undefined}
          part={isStepDone(index, current) ? 'step done' : 'step'}
        >
          <span>{step}</span>
          {index < current && <span part="unseen">{enrollment.done}</span>}
        </li>
      ))}
    </ol>
  )
}

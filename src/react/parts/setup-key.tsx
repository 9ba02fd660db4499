import { type ReactElement, useId } from 'react'
import { inFours } from '../../ui/in-fours.ts'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { Button } from './button.tsx'
import { useText } from './known.tsx'
import { useCopy } from './use-copy.ts'

/** The props of `SetupKey`. */
export interface SetupKeyProps {
  className?: string
  /** Draws the key. Receives it in groups of four, a function that copies it, and the outcome of copying. */
  render?: (key: {
    groups: string[]
    copy(): Promise<void>
    outcome: 'copied' | 'selected' | null
  }) => ReactElement
}

/**
 * The secret to type by hand, with a button that copies it if the browser allows. The theme folds it below "Can't scan?", but
 * only visually: a screen reader finds the key without unfolding, since the QR code is useless to it.
 */
export function SetupKey({ className, render }: SetupKeyProps) {
  const secret = useTotpFlow((view) => view.registration)?.unseal().secret
  const { enrollment } = useMessages()
  const { shown, outcome, copy } = useCopy<HTMLDivElement>('setup-key')
  const outcomes = { 'setup-key': outcome }
  const words = useText('copy-key', { outcomes })
  const note = useText('copy-key-note', { outcomes })
  const id = useId()
  if (secret === undefined) return null
  const groups = inFours(secret)
  if (render) return render({ groups, outcome, copy: () => copy(secret) })
  return (
    <div part="setup-key" className={className}>
      <details part="cant-scan">
        <summary part="unfold">{enrollment.cantScan}</summary>
        <p part="hint">{enrollment.byHand}</p>
      </details>
      <div part="by-hand">
        <div part="key-label" id={id}>
          {enrollment.setupKey}
        </div>
        <div part="setup-key-row">
          {/* Not an <output>, which a screen reader reads aloud by itself. */}
          {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields */}
          <div part="key" role="group" aria-labelledby={id} ref={shown} dir="ltr" translate="no">
            {groups.map((group, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the groups of a key never change places
              <span key={index}>{group}</span>
            ))}
          </div>
          <Button
            verb="copy-key"
            name="copy"
            words={words}
            act={() => copy(secret)}
            given={{ 'aria-describedby': id }}
          />
        </div>
        <p part="copy-note">{note}</p>
      </div>
    </div>
  )
}

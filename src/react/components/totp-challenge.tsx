import { useEffect, useId, useRef } from 'react'
import { focusSoon } from '../../ui/focus-soon.ts'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { Button } from '../parts/button.tsx'
import { Cancel } from '../parts/buttons.tsx'
import { useShown, useText } from '../parts/known.tsx'
import type { PartProps } from '../parts/part.ts'
import { PromptScope, useIdOf } from '../parts/prompt.tsx'
import { Root } from '../parts/root.tsx'
import { CodeEntry } from './code-entry.tsx'
import { PasskeySlot } from './passkey-slot.tsx'
import { PasswordSlot } from './password-slot.tsx'

export interface TotpChallengeProps extends PartProps<'section'> {
  /** The id of the heading. */
  titleId?: string
  /**
   * The id of the sentence that says why a code is needed. With `-hint` and `-code-note` appended, it is also the id of the hint
   * and of the note at the field, so that all three can describe a dialog.
   */
  purposeId?: string
}

/**
 * Shows the prompt of a step-up, a removal or a renewal: for a code, a recovery code, a passkey or a password, or for a
 * confirmation if the removal needs no proof. Renders nothing without a prompt.
 */
export function TotpChallenge({ titleId, purposeId, ...props }: TotpChallengeProps) {
  const isOpen = useShown('challenge')
  const takesCode = useShown('code')
  const takesPassword = useShown('password')
  const isConfirming = useShown('confirming')
  const title = useText('title')
  const purpose = useText('purpose')
  const ownId = useId()
  if (!isOpen) return null
  const hintId = purposeId && `${purposeId}-hint`
  const isNamed = titleId !== undefined // by the element around it
  return (
    <Root aria-label={undefined} aria-labelledby={isNamed ? undefined : ownId} {...props}>
      <h2 part="title" id={titleId ?? ownId}>
        {title}
      </h2>
      {purpose && (
        <p part="purpose" id={purposeId} dir="auto">
          {purpose}
        </p>
      )}
      {isConfirming ? (
        <Confirm hintId={hintId} />
      ) : takesPassword ? (
        <PasswordSlot {...(hintId !== undefined && { hintId })} />
      ) : (
        <PasskeySlot hintId={hintId}>
          {takesCode && (
            <PromptScope id={purposeId && `${purposeId}-code`}>
              <CodeEntry>
                <Hint id={hintId} />
              </CodeEntry>
            </PromptScope>
          )}
        </PasskeySlot>
      )}
    </Root>
  )
}

/** Cancel comes first and receives focus. */
function Confirm({ hintId }: { hintId: string | undefined }) {
  const { deleteDevice } = useTotpFlow()
  const actions = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const cancel = actions.current?.querySelector('button')
    return cancel ? focusSoon(cancel) : undefined
  }, [])
  const { device } = useMessages()
  const act = () => deleteDevice()
  return (
    <>
      <Hint id={hintId} />
      <div part="actions" ref={actions}>
        <Cancel />
        <Button verb="confirm-delete" name="remove danger" words={device.remove} act={act} given={{}} />
      </div>
    </>
  )
}

/** Describes the dialog around it, or else the field. */
function Hint({ id }: { id: string | undefined }) {
  const ownId = useIdOf('above')
  return (
    <p part="hint" id={id ?? ownId}>
      {useText('hint')}
    </p>
  )
}

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
  /** The id of its heading. */
  titleId?: string
  /**
   * The id of the sentence that says why a code is needed. With `-hint` and `-code-note` appended, it is also the id of the hint
   * and of the note at the field: a dialog can be described by all three.
   */
  purposeId?: string
}

/**
 * Asks for a code, of the app or a recovery code, or for a passkey, while a step-up or a removal waits for one, or for the password where the
 * backend takes that; for a yes where a removal takes nothing. Else nothing.
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
  const isNamed = titleId !== undefined // by what is around it
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

/** Cancel comes first, and gets the focus. */
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

/** Describes what is around it, or else the field. */
function Hint({ id }: { id: string | undefined }) {
  const ownId = useIdOf('above')
  return (
    <p part="hint" id={id ?? ownId}>
      {useText('hint')}
    </p>
  )
}

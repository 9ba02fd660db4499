import { useId } from 'react'
import { useShown, useText } from '../parts/known.tsx'
import type { PartProps } from '../parts/part.ts'
import { PromptScope } from '../parts/prompt.tsx'
import { Root } from '../parts/root.tsx'
import { CodeEntry } from './code-entry.tsx'

export interface TotpChallengeProps extends PartProps<'section'> {
  /** The id of its heading. */
  titleId?: string
  /** The id of what it says about why the code is asked for. */
  purposeId?: string
}

/** Asks for a code, of the app or a recovery code, while a step-up or a removal waits for one. Else nothing. */
export function TotpChallenge({ titleId, purposeId, ...props }: TotpChallengeProps) {
  const isOpen = useShown('challenge')
  const title = useText('title')
  const purpose = useText('purpose')
  const ownId = useId()
  if (!isOpen) return null
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
      <PromptScope>
        <CodeEntry>
          <Hint />
        </CodeEntry>
      </PromptScope>
    </Root>
  )
}

const Hint = () => <p part="hint">{useText('hint')}</p>

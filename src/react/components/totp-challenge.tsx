import { purposesOf } from '../../messages/sentence.ts'
import { isChallenge } from '../../ui/screen.ts'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { drawPart, type PartProps } from '../parts/part.ts'
import { usePrompt } from '../parts/prompt.tsx'
import { Root } from '../parts/root.tsx'
import { CodeEntry } from './code-entry.tsx'

export interface TotpChallengeProps extends PartProps<'section'> {
  /** The id of its heading. */
  titleId?: string
}

/** Asks for a code, of the app or a recovery code, while a step-up or a removal waits for one. Else nothing. */
export function TotpChallenge({ titleId, ...props }: TotpChallengeProps) {
  const isOpen = useTotpFlow(isChallenge)
  if (!isOpen) return null
  return (
    <Root {...props}>
      <Title id={titleId} />
      <Purpose />
      <CodeEntry>
        <Hint />
      </CodeEntry>
    </Root>
  )
}

function Title(props: PartProps<'h2'>) {
  const isRemoval = useTotpFlow((view) => view.intent === 'delete')
  const { challenge } = useMessages()
  return drawPart('h2', 'title', { children: isRemoval ? challenge.removeTitle : challenge.title }, props)
}

/** What the code is for, where the catalog has words for it. */
function Purpose() {
  const scopes = useTotpFlow((view) => view.requestedScopes)
  const sentences = purposesOf(useMessages(), scopes)
  return sentences && <p part="purpose">{sentences}</p>
}

function Hint() {
  const isRemoval = useTotpFlow((view) => view.intent === 'delete')
  const { method } = usePrompt()
  const { challenge } = useMessages()
  if (method === 'recovery') return <p part="hint">{challenge.recoveryHint}</p>
  return <p part="hint">{isRemoval ? challenge.removeHint : challenge.hint}</p>
}

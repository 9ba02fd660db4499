import { useContext } from 'react'
import { sentenceOf } from '../../messages/sentence.ts'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { drawPart, type PartProps } from './part.ts'
import { PromptContext, usePrompt } from './prompt.tsx'

/** What went wrong and what to do, announced. In a code form: what became of the code. Always there, so that it is heard. */
export function ErrorText(props: PartProps<'p'>) {
  const messages = useMessages()
  const ofFlow = useTotpFlow((view) => view.error)
  const prompt = useContext(PromptContext)
  const error = prompt ? prompt.error : ofFlow
  const children = prompt?.isAppCode
    ? messages.code.isAppCode
    : error && sentenceOf(messages, error, prompt?.method === 'recovery')
  return drawPart('p', 'error', { role: 'alert', children }, props)
}

/** How long one has to wait still, in words. Not announced each second. */
export function Countdown(props: PartProps<'p'>) {
  const { secondsLeft } = usePrompt()
  const { code } = useMessages()
  return secondsLeft > 0 && drawPart('p', 'countdown', { children: code.wait(secondsLeft) }, props)
}

/** What helps while nothing is wrong. */
export function Note(props: PartProps<'p'>) {
  const { method, error, busy } = usePrompt()
  const { code } = useMessages()
  const children = method === 'app' ? code.note : code.recoveryNote
  return !error && !busy && drawPart('p', 'note', { children }, props)
}

/** What the field is described by: error, countdown and note, in a place that does not change its height. */
export function Notes(props: PartProps<'div'>) {
  const { id } = usePrompt()
  const children = (
    <>
      <ErrorText /> <Countdown /> <Note />
    </>
  )
  return drawPart('div', 'notes', { id: `${id}-notes`, children }, props)
}

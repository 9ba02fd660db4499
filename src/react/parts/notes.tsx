import { useShown, useText } from './known.tsx'
import { drawPart, type PartProps } from './part.ts'
import { useIdOf, usePrompt } from './prompt.tsx'

/** What went wrong and what to do, announced. In a code form: what became of the code. Always there, so that it is heard. */
export function ErrorText(props: PartProps<'p'>) {
  const id = useIdOf('error')
  const children = useText('error')
  return drawPart('p', 'error', { id, role: 'alert', children }, props)
}

/** How long one has to wait still, in words. Not announced each second. */
export function Countdown(props: PartProps<'p'>) {
  const children = useText('countdown')
  return children && drawPart('p', 'countdown', { children }, props)
}

/** What helps while nothing is wrong; else hidden, and not gone: a description that changes is spoken. */
export function Note(props: PartProps<'p'>) {
  const id = useIdOf('note')
  const children = useText('note')
  const hidden = !useShown('calm')
  return drawPart('p', 'note', { id, hidden, children }, props)
}

/** What the likely causes are, from the second wrong code on. A `Root` announces it. */
export function Help(props: PartProps<'p'>) {
  const children = useText('help')
  return children && drawPart('p', 'help', { children }, props)
}

/** Error, countdown, help and note, in a place that does not change its height. The note describes the field. */
export function Notes(props: PartProps<'div'>) {
  const { id } = usePrompt()
  const children = (
    <>
      <ErrorText />
      <Countdown />
      <Help />
      <Note />
    </>
  )
  return drawPart('div', 'notes', { id: `${id}-notes`, children }, props)
}

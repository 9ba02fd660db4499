import { useShown, useText } from './known.tsx'
import { drawPart, type PartProps } from './part.ts'
import { useIdOf, usePrompt } from './prompt.tsx'

/** Announces what went wrong and what to do; in a code form, what became of the code. Always rendered, so that it is announced. */
export function ErrorText(props: PartProps<'p'>) {
  const id = useIdOf('error')
  const children = useText('error')
  return drawPart('p', 'error', { id, role: 'alert', children }, props)
}

/** The remaining wait, in words. Not announced every second. */
export function Countdown(props: PartProps<'p'>) {
  const children = useText('countdown')
  return children && drawPart('p', 'countdown', { children }, props)
}

/** A note while nothing is wrong. Otherwise hidden but not removed, because screen readers speak a changed description. */
export function Note(props: PartProps<'p'>) {
  const id = useIdOf('note')
  const children = useText('note')
  const hidden = !useShown('calm')
  return drawPart('p', 'note', { id, hidden, children }, props)
}

/** The likely causes, from the second wrong code on. A `Root` announces it. */
export function Help(props: PartProps<'p'>) {
  const children = useText('help')
  return children && drawPart('p', 'help', { children }, props)
}

/** Error, countdown, help and note, in a box of constant height. The note describes the field. */
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

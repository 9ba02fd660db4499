import { type ComponentPropsWithoutRef, createElement, type KeyboardEvent, type ReactElement } from 'react'
import { isEnter, keepRelease } from '../../ui/submission.ts'

type Tag = 'a' | 'button' | 'div' | 'input' | 'label' | 'ol' | 'p' | 'section' | 'svg' | 'h2'

/** The props of every part: the attributes of its element, and `render` to replace the element. */
export type PartProps<Element extends Tag> = ComponentPropsWithoutRef<Element> & {
  /** Draws the part. Pass on the attributes, which carry its behavior: `render={(props) => <Button {...props} />}`. */
  render?: (props: ComponentPropsWithoutRef<Element>) => ReactElement
}

/** Draws an element with the part's name, its behavior and the host's props. */
export function drawPart<Element extends Tag>(
  tag: Element,
  name: string,
  its: Record<string, unknown>,
  { render, ...given }: PartProps<Element>,
): ReactElement {
  const behavior = tag === 'button' ? { onKeyDown: keepEnter, onKeyPress: keepEnter, ...its } : its
  const props = { part: name, ...behavior, ...given, ...chained(behavior, given) }
  // Together these are the element's props, which the compiler cannot derive.
  return render ? render(props as unknown as ComponentPropsWithoutRef<Element>) : createElement(tag, props)
}

/** Enter presses the button, and must not also submit a host's form. */
function keepEnter(event: KeyboardEvent): void {
  if (!isEnter(event.nativeEvent)) return
  event.stopPropagation()
  if (event.type === 'keydown') keepRelease()
}

interface PartOf<Element extends Tag> {
  tag: Element
  name: string
  behavior: Record<string, unknown>
  given: PartProps<Element>
}

/** {@link drawPart} for behavior with a ref, which React Compiler lets no function read during a render. */
export const Part = <Element extends Tag>({ tag, name, behavior, given }: PartOf<Element>): ReactElement =>
  drawPart(tag, name, behavior, given)

type Handler = (event: { defaultPrevented: boolean }) => void
const isHandler = (value: unknown): value is Handler => typeof value === 'function'

/** The host's handlers run first and may prevent ours. */
function chained(behavior: Record<string, unknown>, given: Record<string, unknown>): Record<string, Handler> {
  const both = Object.keys(behavior).filter((name) => name.startsWith('on') && name in given)
  return Object.fromEntries(
    both.map((name): [string, Handler] => [
      name,
      (event) => {
        const [theirs, ours] = [given[name], behavior[name]]
        if (isHandler(theirs)) theirs(event)
        if (isHandler(ours) && !event.defaultPrevented) ours(event)
      },
    ]),
  )
}

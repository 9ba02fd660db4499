import { type ComponentPropsWithoutRef, createElement, type KeyboardEvent, type ReactElement } from 'react'
import { isEnter, keepRelease } from '../../ui/submission.ts'

type Tag = 'a' | 'button' | 'div' | 'input' | 'label' | 'ol' | 'p' | 'section' | 'svg' | 'h2'

/** What every part takes: the attributes of its element, and `render` to put another element in its place. */
export type PartProps<Element extends Tag> = ComponentPropsWithoutRef<Element> & {
  /** Draws the part with these attributes, which carry its behavior: `render={(props) => <Button {...props} />}`. */
  render?: (props: ComponentPropsWithoutRef<Element>) => ReactElement
}

/** An element with the part's name, its behavior, and what the host gives on top of that. */
export function drawPart<Element extends Tag>(
  tag: Element,
  name: string,
  its: Record<string, unknown>,
  { render, ...given }: PartProps<Element>,
): ReactElement {
  const behavior = tag === 'button' ? { onKeyDown: keepEnter, onKeyPress: keepEnter, ...its } : its
  const props = { part: name, ...behavior, ...given, ...chained(behavior, given) }
  // What the two give together is what the element takes: the compiler cannot add it up.
  return render ? render(props as unknown as ComponentPropsWithoutRef<Element>) : createElement(tag, props)
}

/** Enter on a button presses that, and is nothing for a host that submits a form by the key. */
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

/** {@link drawPart} for behavior with a ref in it, which React Compiler lets no function have while it renders. */
export const Part = <Element extends Tag>({ tag, name, behavior, given }: PartOf<Element>): ReactElement =>
  drawPart(tag, name, behavior, given)

type Handler = (event: { defaultPrevented: boolean }) => void
const isHandler = (value: unknown): value is Handler => typeof value === 'function'

/** The host's handlers run first, and may prevent ours. */
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

import { legible } from './legible.ts'

type HtmlKind = 'button' | 'div' | 'input' | 'p'
type SvgKind = 'circle' | 'defs' | 'g' | 'marker' | 'path' | 'rect' | 'svg' | 'text' | 'title' | 'tspan'
/** Attributes that cannot run, load or link anything, whatever their value. */
type Attribute =
  | (
      | 'aria-expanded'
      | 'aria-label'
      | 'aria-live'
      | 'class'
      | 'cx'
      | 'cy'
      | 'd'
      | 'data-event'
      | 'data-fold'
      | 'data-source'
      | 'data-state'
      | 'data-way'
      | 'height'
      | 'id'
    )
  | (
      | 'marker-end'
      | 'markerHeight'
      | 'markerUnits'
      | 'markerWidth'
      | 'orient'
      | 'part'
      | 'r'
      | 'refX'
      | 'refY'
    )
  | ('placeholder' | 'role' | 'rx' | 'tabindex' | 'type' | 'viewBox' | 'width' | 'x' | 'y')
export type Attributes = Partial<Record<Attribute, string | number>>

/** Builds an SVG shape, as an element or as text. A machine's words become only attribute values or text. */
export type Build<Shape> = (kind: SvgKind, attributes: Attributes, ...parts: (Shape | string)[]) => Shape

/** Builds an HTML element. */
export const html = <Kind extends HtmlKind>(
  kind: Kind,
  attributes: Attributes,
  ...parts: (Element | string)[]
) => filled(document.createElement(kind), attributes, parts)

/** Builds an SVG element. */
export const svg: Build<SVGElement> = (kind, attributes, ...parts) =>
  filled(document.createElementNS('http://www.w3.org/2000/svg', kind), attributes, parts)

function filled<Built extends Element>(
  element: Built,
  attributes: Attributes,
  parts: (Element | string)[],
): Built {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, legible(String(value)))
  for (const part of parts) if (part !== '') element.append(typeof part === 'string' ? legible(part) : part)
  return element
}

import { legible } from './legible.ts'

type HtmlKind = 'button' | 'div' | 'p'
type SvgKind = 'circle' | 'defs' | 'g' | 'marker' | 'path' | 'rect' | 'svg' | 'text' | 'title'
/** None of them runs, loads or links anything, whatever its value is. */
type Attribute =
  | (
      | 'aria-label'
      | 'class'
      | 'cx'
      | 'cy'
      | 'd'
      | 'data-event'
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
  | ('role' | 'rx' | 'tabindex' | 'type' | 'viewBox' | 'width' | 'x' | 'y')
type Attributes = Partial<Record<Attribute, string | number>>
type Part = Element | string

/** Builds an element of HTML. What a machine says can become an attribute's value or text, and nothing else. */
export const html = <Kind extends HtmlKind>(kind: Kind, attributes: Attributes, ...parts: Part[]) =>
  filled(document.createElement(kind), attributes, parts)

/** Builds an element of SVG, in the same way. */
export const svg = <Kind extends SvgKind>(kind: Kind, attributes: Attributes, ...parts: Part[]) =>
  filled(document.createElementNS('http://www.w3.org/2000/svg', kind), attributes, parts)

function filled<Built extends Element>(element: Built, attributes: Attributes, parts: Part[]): Built {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, legible(String(value)))
  for (const part of parts) if (part !== '') element.append(typeof part === 'string' ? legible(part) : part)
  return element
}

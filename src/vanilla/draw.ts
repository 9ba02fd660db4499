const SVG = 'http://www.w3.org/2000/svg'

/** Creates an element with attributes and children. Parses nothing, so it works on pages that enforce Trusted Types. */
export function draw(tag: string, attributes: Record<string, string> = {}, ...children: Node[]): Element {
  const isSvg = tag === 'svg' || tag === 'path'
  const element = isSvg ? document.createElementNS(SVG, tag) : document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

const SVG = 'http://www.w3.org/2000/svg'

/** An element with attributes and children. Nothing is parsed, so that pages which enforce Trusted Types can have it. */
export function draw(tag: string, attributes: Record<string, string> = {}, ...children: Node[]): Element {
  const isSvg = tag === 'svg' || tag === 'path'
  const element = isSvg ? document.createElementNS(SVG, tag) : document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

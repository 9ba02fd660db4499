import type { Attributes, Build } from '../statechart/build.ts'
import { legible } from '../statechart/legible.ts'
import { COLORS, FONTS, LOOKS } from '../statechart/look.ts'

/** Text that is markup already, and is not escaped again. */
export interface Markup {
  readonly markup: string
}

/** `auto` is light, and dark where the reader of the file prefers that. */
export type Theme = 'light' | 'dark' | 'auto'

/**
 * Writes SVG as text. What a class looks like is said in attributes, which every program understands; style sheets, which
 * some do not, say only what is different in the dark.
 */
export function markupIn(theme: Theme): Build<Markup> {
  const looks = looksIn(theme === 'dark' ? 1 : 0)
  const lookOf = (classes: unknown) =>
    Object.fromEntries(
      String(classes ?? '')
        .split(' ')
        .flatMap((name) => looks.get(name) ?? []),
    )
  return (kind, attributes, ...parts) => {
    const isOutermost = kind === 'svg'
    const all = {
      ...(isOutermost && OUTERMOST),
      ...lookOf(attributes.class),
      ...attributes,
    }
    const inner = parts.map((part) => (typeof part === 'string' ? escaped(part) : part.markup)).join('')
    const style = isOutermost && theme === 'auto' ? `\n<style>${darkStyle()}</style>` : ''
    return { markup: `<${kind}${written(all)}${inner || style ? `>${style}${inner}</${kind}>` : '/>'}` }
  }
}

const OUTERMOST = { xmlns: 'http://www.w3.org/2000/svg', 'font-family': FONTS }

/** The looks of each class, in the colors of the light (0) or of the dark (1). */
const looksIn = (shade: 0 | 1) =>
  new Map(
    Object.entries(LOOKS).map(([name, look]) => [
      name,
      look.split(';').map((declaration): [property: string, value: string] => {
        const [property = '', value = ''] = declaration.split(':')
        const color = Object.entries(COLORS).find(([name]) => value === `$${name}`)?.[1]
        return [property, color?.[shade] ?? value]
      }),
    ]),
  )

function darkStyle(): string {
  const rules = [...looksIn(1)].map(([name, look]) => {
    const colors = look.filter(([, value]) => value.startsWith('#')).map((pair) => pair.join(':'))
    return colors.length > 0 ? `.${name}{${colors.join(';')}}` : ''
  })
  return `@media (prefers-color-scheme:dark){${rules.join('')}}`
}

const written = (attributes: Attributes) =>
  Object.entries(attributes)
    .map(([name, value]) => {
      const said = typeof value === 'number' || name === 'd' ? rounded(String(value)) : String(value)
      return ` ${name}="${escaped(said)}"`
    })
    .join('')

/** A hundredth of a pixel is seen by nobody. */
const rounded = (numbers: string) =>
  numbers.replace(/[\d.]+/g, (number) => String(Math.round(Number(number) * 100) / 100))

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string) => legible(text).replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '')

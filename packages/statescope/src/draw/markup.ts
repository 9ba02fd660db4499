import type { Attributes, Build } from '../statechart/build.ts'
import { legible } from '../statechart/legible.ts'
import { COLORS, FONTS, LOOKS } from '../statechart/look.ts'

/** Text that is already markup and must not be escaped again. */
export interface Markup {
  readonly markup: string
}

/** `auto` is light, or dark if the reader of the file prefers that. */
export type Theme = 'light' | 'dark' | 'auto'

/**
 * Writes SVG as text. Attributes hold the look of each class, since every program understands them. A style sheet, which some
 * programs ignore, holds only the dark colors.
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

/** The look of each class, in light (0) or dark (1) colors. */
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

/** Nobody sees a hundredth of a pixel. */
const rounded = (numbers: string) =>
  numbers.replace(/[\d.]+/g, (number) => String(Math.round(Number(number) * 100) / 100))

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string) => legible(text).replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '')

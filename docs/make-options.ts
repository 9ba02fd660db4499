/** Writes the table of options in docs/operating.md from the commands themselves: `npm run docs`. A test fails when it is stale. */
import { readFileSync, writeFileSync } from 'node:fs'
import { commands } from '../src/cli/main.ts'

const PAGE = new URL('operating.md', import.meta.url)
const [BEGIN, END] = ['<!-- the options, from the commands -->\n', '<!-- the end of the options -->']

const row = ([name, { value, about, env }]: [string, (typeof commands)[number]['options'][string]]) =>
  `| \`--${name}${value ? ` ${value}` : ''}\` | ${env ? `\`${env}\`` : ''} | ${about.replaceAll('|', '\\|')} |`

/** The page with the table as it has to be. */
export function operatingPage(): string {
  const page = readFileSync(PAGE, 'utf8')
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  if (begin < 0 || end < begin) throw new Error('docs/operating.md has no place for the options.')
  const [first] = commands
  const tables = commands.flatMap((command) => {
    const { name, options } = command
    const isShared = (option: string) => command !== first && Object.hasOwn(first?.options ?? {}, option)
    const own = Object.entries(options).filter(([option]) => !isShared(option))
    if (own.length === 0) return []
    const title = command === first ? `\`${name}\`` : `also for \`${name}\``
    return [`| ${title} | variable | meaning |\n| --- | --- | --- |\n${own.map(row).join('\n')}\n`]
  })
  return `${page.slice(0, begin)}${BEGIN}\n${tables.join('\n')}\n${page.slice(end)}`
}

if (import.meta.main) writeFileSync(PAGE, operatingPage())

/** Writes the tables of docs/scale.md from what was measured, and from the load model: `npm run docs`. A test fails when one is stale. */
import { readFileSync, writeFileSync } from 'node:fs'
import { blocks, type Recorded } from '../bench/scale/page.ts'

const PAGE = new URL('scale.md', import.meta.url)
const RECORD = new URL('../bench/scale/measured.json', import.meta.url)

/** The page with its tables as they have to be. */
export function scalePage(): string {
  const record: Recorded = JSON.parse(readFileSync(RECORD, 'utf8'))
  return Object.entries(blocks).reduce(
    (page, [name, make]) => {
      const [begin, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`]
      const from = page.indexOf(begin)
      const to = page.indexOf(end)
      if (from < 0 || to < from) throw new Error(`docs/scale.md has no place for ${name}.`)
      return `${page.slice(0, from)}${begin}\n${make(record)}\n\n${page.slice(to)}`
    },
    readFileSync(PAGE, 'utf8'),
  )
}

if (import.meta.main) writeFileSync(PAGE, scalePage())

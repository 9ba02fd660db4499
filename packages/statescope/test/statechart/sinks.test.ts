import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

/** What takes text for markup or code. */
const SINK =
  /innerHTML|outerHTML|insertAdjacentHTML|[uU]nsafe|DOMParser|createContextualFragment|document\.write|srcdoc|dangerouslySet|\beval\(|new Function/

const sources = ['packages/statescope/src', 'examples/demo/page'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(tsx?|html)$/.test(name))
    .map((name) => join(folder, name)),
)

it.each(sources)('%s hands no text to what takes it for markup or code', (file) => {
  expect(readFileSync(file, 'utf8').match(SINK)).toBeNull()
})

/** Its type lists the names. */
const BUILD = 'packages/statescope/src/statechart/build.ts'

it.each(sources.filter((file) => file !== BUILD))(
  '%s sets no attribute whose name is not written in the code',
  (file) => {
    expect(readFileSync(file, 'utf8').match(/(set|toggle)Attribute(NS)?\((?!'|null, ')/)).toBeNull()
  },
)

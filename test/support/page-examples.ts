/** The examples of the pages, as they stand there: for the tests that compile them, and those that run them. */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Plugin } from 'vite'

/** Inside the package, where its own name resolves, and out of Git's sight. */
const FOLDER = resolve('test-results/examples')

export interface PageExample {
  /** What a test imports to run it: `example:docs/keys.md/1` is the first of that page. */
  id: string
  language: string
  text: string
}

/** Whatever people write to be read. docs/api is made from docstrings, and what it fences are default values. */
export const pages = globSync([
  '*.md',
  'docs/*.md',
  'docs/decisions/*.md',
  'docs/providers/*.md',
  'stories/docs/*.mdx',
  'packages/*/README.md',
]).sort()

/** The examples of a page that a browser or Node can run: TypeScript, and stylesheets. */
export const examplesOf = (page: string): PageExample[] =>
  [...readFileSync(page, 'utf8').matchAll(/^```(tsx?|css)\n(.*?)^```$/gms)].map(
    ([, language = '', text = ''], index) => ({ id: `example:${page}/${index + 1}`, language, text }),
  )

const fileOf = ({ id, language }: PageExample) =>
  `${FOLDER}/${id.replace('example:', '').replaceAll('/', '-')}.${language}`

/** Lets a test import an example, and so run it, by its id. */
export const pageExamples = (): Plugin => ({
  name: 'page-examples',
  enforce: 'pre',
  // Before any of them is resolved, which Vitest's cache may have done in an earlier run: it looks at the files alone.
  config() {
    mkdirSync(FOLDER, { recursive: true })
    for (const example of pages.flatMap(examplesOf)) {
      const file = fileOf(example)
      if (!existsSync(file) || readFileSync(file, 'utf8') !== example.text) writeFileSync(file, example.text)
    }
  },
  resolveId(id) {
    const page = /^example:(.+)\/\d+$/.exec(id)?.[1]
    const example = page && examplesOf(page).find((one) => one.id === id)
    return example ? fileOf(example) : undefined
  },
})

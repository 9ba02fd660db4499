import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'

/** Inside the package, where its own name resolves, and out of Git's sight. */
const FOLDER = 'test-results/readme'

/** What the examples take from the reader's own app. */
const READERS_OWN = `
declare const session: { token: string }
declare const request: Request
declare const yourSession: (credential: string) => { userId: string; account: string } | null
declare const keyOf: (user: { userId: string }) => unknown
declare const code: string
declare const deviceId: string
`

it('the examples of the README and the guides compile, strictly', () => {
  mkdirSync(FOLDER, { recursive: true })
  const guides = ['dynamic-stand-in', 'inspector', 'migrating', 'testing'].map((name) => `docs/${name}.md`)
  const stories = ['adapters', 'embedding', 'messages', 'theming'].map((name) => `stories/docs/${name}.mdx`)
  for (const page of ['README.md', ...guides, ...stories]) {
    const examples = [...readFileSync(page, 'utf8').matchAll(/^```(tsx?)\n(.*?)^```$/gms)]
    expect(examples, page).not.toHaveLength(0)
    for (const [index, [, language, text]] of examples.entries()) {
      writeFileSync(`${FOLDER}/${page.replaceAll('/', '-')}-${index}.${language}`, `${text}${READERS_OWN}`)
    }
  }
  const compilerOptions = { module: 'preserve', moduleResolution: 'bundler' } // as an app's own, and the SDK's types need it
  writeFileSync(
    `${FOLDER}/tsconfig.json`,
    JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include: ['*.ts', '*.tsx'] }),
  )
  const { stdout } = spawnSync('npx', ['tsc', '-p', FOLDER], { encoding: 'utf8' })
  rmSync(FOLDER, { recursive: true })
  expect(stdout).toBe('')
}, 60_000)

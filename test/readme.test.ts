import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'

/** Inside the package, where its own name resolves, and out of Git's sight. */
const FOLDER = 'test-results/readme'

/** What the examples take from the reader's own app, by name. */
const READERS_OWN: Record<string, string> = {
  session: '{ token: string }',
  code: 'string',
  deviceId: 'string',
  bearerToken: 'string',
  elevatedToken: 'string',
  insertedIntoATableOfMyOwn: '(jti: string) => Promise<boolean>',
  flow: "import('totp-flow').TotpFlow",
  backend: "import('totp-flow').TotpBackend",
}
const isUsed = (text: string, name: string) => new RegExp(`\\b${name}\\b`).test(text)
const isMade = (text: string, name: string) =>
  new RegExp(`^(export )?(import|const|let|function) (${name}\\b|\\{[^}]*\\b${name}\\b)`, 'm').test(text)

function whole(text: string): string {
  const own = Object.entries(READERS_OWN).filter(([name]) => isUsed(text, name) && !isMade(text, name))
  return [text, ...own.map(([name, type]) => `declare const ${name}: ${type}`), 'export {}', ''].join('\n')
}

it('the examples of the README and the guides compile, strictly', () => {
  mkdirSync(FOLDER, { recursive: true })
  const guides = ['dynamic-stand-in', 'inspector', 'keys', 'mfa-tokens', 'migrating', 'testing'].map(
    (name) => `docs/${name}.md`,
  )
  const stories = ['adapters', 'embedding', 'messages', 'theming'].map((name) => `stories/docs/${name}.mdx`)
  for (const page of ['README.md', ...guides, ...stories]) {
    const examples = [...readFileSync(page, 'utf8').matchAll(/^```(tsx?)\n(.*?)^```$/gms)]
    expect(examples, page).not.toHaveLength(0)
    for (const [index, [, language, text]] of examples.entries()) {
      writeFileSync(`${FOLDER}/${page.replaceAll('/', '-')}-${index}.${language}`, whole(text ?? ''))
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

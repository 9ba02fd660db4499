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
`

it('the examples of the README compile, strictly', () => {
  const examples = [...readFileSync('README.md', 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(
    ([, code = '']) => `${code}${READERS_OWN}`,
  )
  expect(examples.length).toBeGreaterThan(1)
  mkdirSync(FOLDER, { recursive: true })
  for (const [index, code] of examples.entries()) writeFileSync(`${FOLDER}/example-${index}.ts`, code)
  writeFileSync(
    `${FOLDER}/tsconfig.json`,
    JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts'] }),
  )
  const { stdout } = spawnSync('npx', ['tsc', '-p', FOLDER], { encoding: 'utf8' })
  rmSync(FOLDER, { recursive: true })
  expect(stdout).toBe('')
}, 60_000)

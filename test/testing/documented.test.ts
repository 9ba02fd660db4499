/** The example of docs/testing.md for code on Dynamic's SDK, word for word, is a test of this file. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** Inside the package, where its own name resolves, and out of Git's sight. */
const FILE = resolve('test-results/documented.ts')

const examples = readFileSync('docs/testing.md', 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)
const text = [...examples].find(([, code]) => code?.includes('totp-flow/testing/vitest'))?.[1] ?? ''
mkdirSync('test-results', { recursive: true })
writeFileSync(FILE, text)
await import(FILE)

import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { main } from '../src/cli/main.ts'
import { examplesOf, pages } from './support/page-examples.ts'

/** Inside the package, where its own name resolves, and out of Git's sight. */
const FOLDER = 'test-results/readme'

/** What the examples take from the reader's own app, by name. */
const READERS_OWN: Record<string, string> = {
  session: '{ token: string }',
  sessionToken: 'string',
  masterKey: 'string',
  identity: "import('totp-flow/server').Identity",
  code: 'string',
  deviceId: 'string',
  bearerToken: 'string',
  elevatedToken: 'string',
  insertedIntoATableOfMyOwn: '(jti: string) => Promise<boolean>',
  flow: "import('totp-flow').TotpFlow",
  backend: "import('totp-flow').TotpBackend",
  totp: "typeof import('totp-flow').totpMachine",
  child: "import('xstate').ActorRefFrom<typeof import('totp-flow').totpMachine>",
}
const isUsed = (text: string, name: string) => new RegExp(`\\b${name}\\b`).test(text)
const isMade = (text: string, name: string) =>
  new RegExp(`^(export )?(import|const|let|function) (${name}\\b|\\{[^}]*\\b${name}\\b)`, 'm').test(text)

function whole(text: string): string {
  const own = Object.entries(READERS_OWN).filter(([name]) => isUsed(text, name) && !isMade(text, name))
  return [text, ...own.map(([name, type]) => `declare const ${name}: ${type}`), 'export {}', ''].join('\n')
}

const examples = pages.flatMap(examplesOf)

it('no page has code that is not found to be an example', () => {
  const fences = pages.flatMap((page) => readFileSync(page, 'utf8').match(/^\s*(```|~~~)[ \w]+/gm) ?? [])
  const languages = fences.map((fence) => fence.replace(/[^a-z]/g, ''))
  expect(languages.filter((language) => /^(tsx?|css)$/.test(language))).toHaveLength(examples.length)
  expect([...new Set(languages)].sort()).toEqual(['css', 'html', 'json', 'mermaid', 'sh', 'ts', 'tsx'])
})

/** The apps that guides show whole, with their text by file: a test drives each. */
const apps = new Map(
  globSync(
    'examples/{better-auth,cognito,express-cookies,hono-jwt,next,no-javascript,oidc,own-factor,supabase}/**/*.ts',
  ).map((file) => [readFileSync(file, 'utf8'), file]),
)
const isOfApp = (text: string, imported: ReadonlySet<string | undefined>) => {
  const folder = /^examples\/[^/]+\//.exec(apps.get(text) ?? '')?.[0]
  return folder !== undefined && [...imported].some((name) => name?.startsWith(`../../${folder}`))
}

it('the guides show the files of their apps as they are run, and no part of one is left out', () => {
  const shown = new Set(examples.map(({ text }) => text))
  const hidden = [...apps].filter(([text]) => !shown.has(text)).map(([, file]) => file)
  const forms = [
    'better-auth',
    'cognito',
    'express-cookies',
    'hono-jwt',
    'oidc',
    'own-factor',
    'supabase',
  ].map((name) => `examples/${name}/main.ts`) // for the sign-in
  expect(hidden.sort()).toEqual(forms)
})

it('every example of the README and the guides is run by a test', () => {
  const tests = globSync(['test/**/*.{ts,tsx}', 'packages/*/test/**/*.{ts,tsx}'], {
    exclude: ['**/node_modules'],
  }).map((file) => readFileSync(file, 'utf8'))
  const imported = new Set(
    tests
      .flatMap((text) => [
        ...text.matchAll(/import\(?\s*'([^']+)'|from '([^']+)'/g),
        ...text.matchAll(/withPage\('(?<app>[\w-]+)'/g),
      ])
      .map(({ 1: a, 2: b, groups }) => (groups?.app ? `../../examples/${groups.app}/` : (a ?? b))),
  )
  /** Those of the README are files of their own, and test/examples/ holds the page to them. */
  const files = new Map(
    readdirSync('examples/tasks').map((name) => [
      readFileSync(`examples/tasks/${name}`, 'utf8'),
      `../../examples/tasks/${name}`,
    ]),
  )
  const isRun = ({ id, text }: (typeof examples)[number]) =>
    imported.has(id) || imported.has(files.get(text) ?? '') || isOfApp(text, imported)
  expect(examples.filter((example) => !isRun(example)).map(({ id }) => id)).toEqual([])
})

it('the examples of the README and the guides compile, strictly', () => {
  mkdirSync(FOLDER, { recursive: true })
  // A file of an app that imports another one compiles where it is.
  const isAlone = ({ language, text }: (typeof examples)[number]) =>
    language !== 'css' && !(apps.has(text) && text.includes("from '."))
  for (const { id, language, text } of examples.filter(isAlone)) {
    writeFileSync(`${FOLDER}/${id.replace('example:', '').replaceAll('/', '-')}.${language}`, whole(text))
  }
  const compilerOptions = { module: 'preserve', moduleResolution: 'bundler' } // as an app's own, and the SDK's types need it
  writeFileSync(
    `${FOLDER}/tsconfig.json`,
    JSON.stringify({ extends: '../../tsconfig.providers.json', compilerOptions, include: ['*.ts', '*.tsx'] }),
  )
  const { stdout } = spawnSync('npx', ['tsc', '-p', FOLDER], { encoding: 'utf8' })
  rmSync(FOLDER, { recursive: true })
  expect(stdout).toBe('')
})

it('every command line that a page shows is one that the command takes', async () => {
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const lines = pages.flatMap((page) => [
    ...readFileSync(page, 'utf8').matchAll(
      /(?:^npx |`npx |`)totp-flow ([a-z]+(?: [a-z][a-z-]*)*)([^`\n#]*)/gm,
    ),
  ])
  expect(lines.length).toBeGreaterThan(20)
  for (const [line, command = '', rest = ''] of lines) {
    expect(await main([...command.split(' '), '--help']), line).toBe(0)
    const help = `${said.mock.lastCall?.[0]} --help `
    expect(help, line).toMatch(new RegExp(`^totp-flow ${command}(?: [A-Z \\[\\]]+)?: `))
    for (const option of rest.match(/--[a-z-]+/g) ?? []) expect(help, line).toContain(` ${option} `)
  }
  said.mockRestore()
})

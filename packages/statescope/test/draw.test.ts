/** The command `statescope draw`, on files as projects have them. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

const CLI = resolve('packages/statescope/src/cli.ts')
const LAMP = `createMachine({ id: 'lamp', initial: 'off', states: { off: { on: { turn: 'on' } }, on: {} } })`
const DOOR = `createMachine({ id: 'door', initial: 'shut', states: { shut: {} } })`
const X = `import { createMachine, createActor } from 'xstate'\n`

const FILES: Record<string, string> = {
  'package.json': '{ "name": "app" }',
  'lamp.ts': `${X}export const lampMachine = ${LAMP}\nexport default lampMachine`,
  'both.ts': `${X}export const lamp = ${LAMP}\nexport const door = ${DOOR}`,
  'factory.ts': `${X}export function createLampMachine() { return ${LAMP} }\nexport const of = (id: string) => id`,
  'broken-factory.ts': `export const makeMachine = () => { throw new Error('no options') }`,
  'actor.mjs': `${X}export const actor = createActor(${LAMP})`,
  'common.cjs': `const { createMachine } = require('xstate')\nmodule.exports = ${LAMP}`,
  'none.ts': `export const a = 1\nexport const b = 2`,
  'late.ts': `${X}export const makeIt = async (id = 'lamp') => ${LAMP}`,
  'nothing.ts': 'const a = 1',
  'old.ts': `export const machine = { __xstatenode: true, states: {} }`,
  'throws.ts': `throw new Error('out of order\\nand more')`,
  'syntax.ts': 'export const = 1',
  'browser.ts': `export const width = window.innerWidth`,
  'circular.ts': `${X}export const machine = createMachine({ initial: 'nowhere', states: { a: {} } })`,
  'noisy.ts': `${X}console.log('hello')\nsetInterval(() => {}, 1000)\nvoid Promise.reject(new Error('later'))\nexport const lamp = ${LAMP}`,
  'tsconfig.json': `{ // with a comment
    "compilerOptions": { "jsx": "react-jsx", "paths": { "@/*": ["./src/*"] } },
  }`,
  'fresh/tsconfig.json': '{ "extends": "./.generated/tsconfig.json" }',
  'fresh/lamp.ts': `${X}export const lamp = ${LAMP}`,
  'fresh/alias.ts': `import '@/kinds'\nexport * from './lamp.ts'`,
  'src/kinds.ts': `export enum Kind { Off = 'off', On = 'on' }\nexport type Only = 'a type'`,
  'src/style.css': 'body { margin: 0 }',
  'src/logo.svg': '<svg/>',
  'src/look.module.css': '.lamp { color: red }',
  'exits.ts': `${X}export const lamp = ${LAMP}\nprocess.exit(0)`,
  'waits.ts': `${X}export const lamp = ${LAMP}\nawait new Promise(() => {})`,
  'src/app.tsx': `${X}import './style.css'
    import logo from './logo.svg'
    import look from './look.module.css'
    export const isStyled = look.lamp !== undefined
    import { Kind, type Only } from '@/kinds'
    import { Kind as Same } from './kinds.js'
    class Box { constructor(private readonly only?: Only) {} }
    export const App = () => <p title={import.meta.env.MODE}>{logo}</p>
    export const lamp = createMachine({ id: 'lamp', initial: Kind.Off, states: { [Kind.Off]: { on: { turn: Same.On } }, [Kind.On]: {} } })`,
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'statescope-draw-'))
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  mkdirSync(join(folder, 'node_modules'))
  for (const name of ['xstate', 'react'])
    symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name))
})
afterAll(() => rmSync(folder, { recursive: true }))

const draw = (...args: string[]) => drawIn({}, ...args)
function drawIn(env: NodeJS.ProcessEnv, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'draw', ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { status, stdout, stderr }
}
const read = (name: string) => readFileSync(join(folder, name))

it.each(['lamp.ts', 'factory.ts', 'actor.mjs', 'common.cjs', 'src/app.tsx', 'fresh/lamp.ts'])(
  'statescope draw draws the only machine of %s',
  (file) => {
    const { status, stdout, stderr } = draw(file)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^<svg .*<\/svg>\n$/s)
    expect(stdout.match(/data-state="[^"]*"/g)).toEqual(
      ['lamp', 'lamp.off', 'lamp.on'].map((id) => `data-state="${id}"`),
    )
  },
)

it('a tsconfig that extends a missing file is named where its aliases are needed', () => {
  const { status, stderr } = draw('fresh/alias.ts')
  expect(status).toBe(1)
  expect(stderr).toMatch(
    /^fresh\/alias\.ts could not be loaded: File '.*\.generated\/tsconfig\.json' not found\.$/m,
  )
})

it('--export names the machine to draw, or a function without parameters that returns it', () => {
  expect(draw('both.ts', '--export', 'door').stdout).toContain('data-state="door.shut"')
  expect(draw('late.ts', '--export', 'makeIt').stdout).toContain('data-state="lamp')
  expect(draw('factory.ts', '--export', 'createLampMachine').stdout).toContain('data-state="lamp.off"')
})

it('a module that logs, fails later and stays busy spoils neither the picture nor the exit', () => {
  const { status, stdout, stderr } = draw('noisy.ts')
  expect(status).toBe(0)
  expect(stdout).toMatch(/^<svg .*<\/svg>\n$/s)
  expect(stderr).toBe('hello\n')
})

it.each(['exits.ts', 'waits.ts'])(
  'statescope draw fails for %s, which ends before anything is drawn',
  (file) => {
    const { status, stdout, stderr } = draw(file)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(new RegExp(`^${file} ended the process, or waits for what never comes\\.`, 'm'))
  },
)

it('the name of the output sets the format, and its folders are created', () => {
  expect(draw('lamp.ts', '-o', 'docs/of/lamp.svg').status).toBe(0)
  expect(read('docs/of/lamp.svg').toString()).toBe(draw('lamp.ts', '-o', '-').stdout)
  expect(draw('lamp.ts', '-o', 'lamp.mmd').status).toBe(0)
  expect(read('lamp.mmd').toString()).toBe(draw('lamp.ts', '--format', 'mmd').stdout)
  expect(read('lamp.mmd').toString()).toMatch(/^stateDiagram-v2\n/)
  expect(draw('lamp.ts', '-o', 'lamp.png').status).toBe(0)
  expect(read('lamp.png').subarray(1, 4).toString()).toBe('PNG')
})

it('a PNG on a computer without fonts fails with a hint to install one', () => {
  writeFileSync(join(folder, 'no-fonts.conf'), '<fontconfig></fontconfig>')
  const { status, stderr } = drawIn(
    { FONTCONFIG_FILE: join(folder, 'no-fonts.conf') },
    'lamp.ts',
    '-o',
    'words.png',
  )
  expect(stderr).toContain(
    'A PNG needs a font, and this machine has none: install one, such as fonts-dejavu-core.',
  )
  expect(status).toBe(1)
})

it('--theme, --direction and --depth apply to the picture', () => {
  expect(draw('lamp.ts').stdout).toContain('prefers-color-scheme')
  const sizeOf = (svg: string) => /viewBox="0 0 (\d+) (\d+)"/.exec(svg)?.slice(1).map(Number) ?? []
  const [width = 0, height = 0] = sizeOf(draw('lamp.ts').stdout)
  const [turnedWidth = 0, turnedHeight = 0] = sizeOf(draw('lamp.ts', '--direction', 'right').stdout)
  expect([height > width, turnedWidth > turnedHeight]).toEqual([true, true])
  expect(draw('lamp.ts', '--direction', 'right', '--format', 'mmd').stdout).toContain('direction LR')
  const dark = draw('lamp.ts', '--theme', 'dark').stdout
  expect(dark).not.toContain('prefers-color-scheme')
  expect(dark).toContain('fill="#14181e"')
  const { stdout } = spawnSync(
    process.execPath,
    [CLI, 'draw', 'packages/statescope/test/statechart/machines.ts', '--export', 'order', '--depth', '1'],
    { encoding: 'utf8' },
  )
  expect(stdout.match(/data-state=/g)?.length).toBe(9)
})

it('--check passes if the file is up to date, with any line endings, and fails otherwise', () => {
  draw('lamp.ts', '-o', 'checked.svg')
  expect(draw('lamp.ts', '-o', 'checked.svg', '--check')).toEqual({ status: 0, stdout: '', stderr: '' })
  writeFileSync(join(folder, 'checked.svg'), read('checked.svg').toString().replaceAll('\n', '\r\n'))
  expect(draw('lamp.ts', '-o', 'checked.svg', '--check').status).toBe(0)
  const before = read('checked.svg')
  expect(draw('both.ts', '--export', 'door', '-o', 'checked.svg', '--check')).toEqual({
    status: 1,
    stdout: '',
    stderr: 'checked.svg is not up to date: draw it by the same command without --check.\n',
  })
  expect(read('checked.svg')).toEqual(before)
  expect(draw('lamp.ts', '-o', 'missing.svg', '--check').stderr).toMatch(/^missing\.svg does not exist:/)
  expect(existsSync(join(folder, 'missing.svg'))).toBe(false)
})

it.each([
  [2, ['nowhere.ts'], 'There is no file nowhere.ts.'],
  [2, [], 'statescope draw takes one file, such as machine.ts. See statescope draw --help'],
  [2, ['both.ts'], 'both.ts exports 2 machines: door, lamp. Choose one with --export.'],
  [2, ['both.ts', '--export', 'lmap'], 'both.ts has no export lmap. It exports door, lamp.'],
  [1, ['none.ts'], 'none.ts exports no machine. It exports a, b.'],
  [1, ['none.ts', '--export', 'a'], 'The export a of none.ts is no state machine of XState 5.'],
  [
    1,
    ['late.ts'],
    'late.ts exports no machine. It exports makeIt. If makeIt makes one, call it with --export makeIt.',
  ],
  [1, ['nothing.ts'], 'nothing.ts exports no machine. It exports nothing.'],
  [
    1,
    ['old.ts'],
    'old.ts exports no machine. Its machine is one of XState 4; statescope reads those of XState 5.',
  ],
  [1, ['throws.ts'], 'throws.ts could not be loaded: out of order'],
  [1, ['syntax.ts'], expect.stringMatching(/^syntax\.ts could not be loaded: /)],
  [
    1,
    ['browser.ts'],
    expect.stringMatching(
      /^browser\.ts could not be loaded: window is not defined\. It needs a browser .* NODE_OPTIONS=--import=/,
    ),
  ],
  [1, ['broken-factory.ts'], 'makeMachine() could not make its machine: no options'],
  [
    1,
    ['circular.ts'],
    expect.stringMatching(
      /^The machine of circular\.ts could not be drawn: Initial state node "nowhere" not found/,
    ),
  ],
  [
    2,
    ['lamp.ts', '-o', 'lamp.jpg'],
    'lamp.jpg does not say what the picture is: end it with .svg, .png or .mmd, or give --format.',
  ],
  [2, ['lamp.ts', '--format', 'pdf'], '--format takes svg, png, mmd. Correct it, or leave it out.'],
  [2, ['lamp.ts', '--theme', 'blue'], '--theme takes auto, light, dark. Correct it, or leave it out.'],
  [2, ['lamp.ts', '--direction', 'left'], '--direction takes down, right. Correct it, or leave it out.'],
  [2, ['lamp.ts', '--depth', '0'], '--depth takes a whole number from 1 on. Correct it, or leave it out.'],
  [2, ['lamp.ts', '--check'], '--check compares with a file: name it with -o.'],
  [2, ['lamp.ts', '--thme', 'dark'], "Unknown option '--thme'. See statescope draw --help"],
])('statescope draw exits with %d and prints one line for %j', (status, args, words) => {
  const answer = draw(...args)
  const [line, ...more] = answer.stderr.trimEnd().split('\n')
  expect({ ...answer, stderr: line, more }).toEqual({ status, stdout: '', stderr: words, more: [] })
})

it('statescope draw --help lists every option', () => {
  const { status, stdout } = draw('--help')
  expect(status).toBe(0)
  for (const option of ['--output', '--export', '--format', '--depth', '--direction', '--theme', '--check'])
    expect(stdout).toContain(option)
})

import { access } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { createJiti, type JitiOptions } from 'jiti'
import type { AnyStateMachine } from 'xstate'
import { UsageError } from './usage-error.ts'

const CODE = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json']
/** File types that bundlers import and Node does not. A machine can be read without them. */
const ASSETS =
  'css scss sass less styl svg png jpg jpeg gif webp avif ico mp3 mp4 webm wav woff woff2 ttf otf html md mdx txt graphql gql vue svelte astro'
    .split(' ')
    .map((extension) => `.${extension}`)

/**
 * Loads the machine that a source file exports. Understands TypeScript, JSX and the path aliases of `tsconfig.json`. Style sheets
 * and pictures become empty objects.
 */
export async function loadMachine(path: string, exportName?: string): Promise<AnyStateMachine> {
  const file = resolve(path)
  await access(file).catch((cause: unknown) => {
    throw new UsageError(`There is no file ${path}.`, { cause })
  })
  const exported = await exportsOf(file).catch((cause: unknown) => {
    throw new Error(`${path} could not be loaded: ${reasonOf(cause)}`, { cause })
  })
  return exportName === undefined ? onlyOne(path, exported) : await named(path, exported, exportName)
}

async function exportsOf(file: string): Promise<Record<string, unknown>> {
  const plain = createJiti(file)
  const options: JitiOptions = {
    extensions: [...CODE, ...ASSETS],
    transform: (options) =>
      ASSETS.includes(extname(options.filename ?? ''))
        ? { code: 'module.exports = { __esModule: true, default: {} }' }
        : { code: plain.transform(options) },
    jsx: { runtime: 'automatic' },
    interopDefault: false,
    fsCache: false, // leaves no files behind
  }
  const exported = await importing(file, options)
  if (machineIn(exported)) return { default: exported } // of CommonJS
  return typeof exported === 'object' && exported !== null ? { ...exported } : {}
}

/** A tsconfig that extends what is not installed or generated yet tells no aliases, which most files do without. */
async function importing(file: string, options: JitiOptions): Promise<unknown> {
  try {
    return await createJiti(file, { ...options, tsconfigPaths: true }).import(file)
  } catch (cause) {
    if (!isOfTsconfig(cause)) throw cause
    return createJiti(file, options)
      .import(file)
      .catch(() => {
        throw cause
      })
  }
}
const isOfTsconfig = (cause: unknown) =>
  cause instanceof Error && /^File '.*' not found\.$/.test(cause.message)

function reasonOf(cause: unknown): string {
  const [said = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n')
  const isOfBrowsers =
    /^(window|document|localStorage|sessionStorage|location|HTMLElement|customElements|indexedDB) is not defined/
  return isOfBrowsers.test(said)
    ? `${said}. It needs a browser as it is loaded: move that into a function, or run with NODE_OPTIONS=--import=global-jsdom/register`
    : said
}

function onlyOne(path: string, exported: Record<string, unknown>): AnyStateMachine {
  const found = machinesIn(exported)
  const [first, ...others] = found.size > 0 ? found : machinesIn(made(exported))
  if (!first) throw new Error(`${path} exports no machine. ${said(exported)}${callable(exported)}`)
  if (others.length === 0) return first[0]
  const names = [first, ...others].map(([, name]) => name)
  throw new UsageError(
    `${path} exports ${names.length} machines: ${names.join(', ')}. Choose one with --export.`,
  )
}

/** Finds each machine once, since many files export it both by name and as the default. */
function machinesIn(exported: Record<string, unknown>): Map<AnyStateMachine, string> {
  const found = new Map<AnyStateMachine, string>()
  for (const [name, value] of Object.entries(exported)) {
    const machine = machineIn(value)
    if (machine && (!found.has(machine) || name !== 'default')) found.set(machine, name)
  }
  return found
}

/** The results of functions without parameters that are named for a machine, such as `createLightMachine`. */
const made = (exported: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(exported).flatMap(([name, value]) =>
      typeof value === 'function' && value.length === 0 && /machine/i.test(`${name} ${value.name}`)
        ? [[name, called(name, value)]]
        : [],
    ),
  )

async function named(
  path: string,
  exported: Record<string, unknown>,
  name: string,
): Promise<AnyStateMachine> {
  if (!Object.hasOwn(exported, name)) throw new UsageError(`${path} has no export ${name}. ${said(exported)}`)
  const value = exported[name]
  const machine = machineIn(typeof value === 'function' ? await called(name, value) : value)
  if (machine) return machine
  throw new Error(`The export ${name} of ${path} is no state machine of XState 5.`)
}

function called(name: string, factory: object): unknown {
  try {
    return typeof factory === 'function' ? factory() : undefined
  } catch (cause) {
    throw new Error(`${name}() could not make its machine: ${reasonOf(cause)}`, { cause })
  }
}

/** Returns a machine, or the machine of an actor. It may come from another copy of XState. */
function machineIn(value: unknown): AnyStateMachine | null {
  if (typeof value !== 'object' || value === null) return null
  const { root, logic } = value as { root?: unknown; logic?: unknown }
  if (typeof root === 'object' && root !== null && 'states' in root) return value as AnyStateMachine
  return logic === undefined ? null : machineIn(logic)
}

function said(exported: Record<string, unknown>): string {
  const names = Object.keys(exported)
  if (Object.values(exported).some(isOfVersion4))
    return 'Its machine is one of XState 4; statescope reads those of XState 5.'
  return names.length > 0 ? `It exports ${names.join(', ')}.` : 'It exports nothing.'
}
/** Suggests a function that may create a machine, though its name does not say so. */
function callable(exported: Record<string, unknown>): string {
  const name = Object.keys(exported).find((one) => typeof exported[one] === 'function')
  return name === undefined ? '' : ` If ${name} makes one, call it with --export ${name}.`
}
const isOfVersion4 = (value: unknown) =>
  typeof value === 'object' && value !== null && '__xstatenode' in value && !('root' in value)

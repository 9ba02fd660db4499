import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import totpFlow from '../package.json' with { type: 'json' }
import statescope from '../packages/statescope/package.json' with { type: 'json' }

it.each([
  ['totp-flow', totpFlow, 'xstate-5.28'],
  ['statescope', statescope, 'xstate-5.19'],
])('the oldest XState that %s accepts is the one that its tests run on', (_name, manifest, project) => {
  const { version } = JSON.parse(readFileSync(`node_modules/${project}/package.json`, 'utf8'))
  const [major, minor] = version.split('.')
  expect(version).toBe(`${major}.${minor}.0`)
  expect(manifest.peerDependencies.xstate).toBe(`>=${major}.${minor} <6`)
  expect(readFileSync('vitest.config.ts', 'utf8')).toContain(`onXState('${project}')`)
})

describe('the published types', () => {
  mkdirSync('test-results', { recursive: true }) // inside the package, where the libraries' types resolve
  const folder = resolve(mkdtempSync('test-results/types-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  const tsc = (...args: string[]) => spawnSync('npx', ['tsc', ...args], { encoding: 'utf8' }).stdout
  beforeAll(() => {
    const outDir = join(folder, 'dist')
    expect(tsc('-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--outDir', outDir)).toBe('')
  }, 120_000)

  it.each(['xstate', 'xstate-5.28'])(
    'a parent machine is checked strictly against %s',
    (xstate) => {
      const app = join(folder, xstate)
      mkdirSync(app)
      writeFileSync(join(app, 'parent.ts'), PARENT)
      const paths = {
        xstate: [resolve(`node_modules/${xstate}/dist/xstate.cjs.d.mts`)],
        'totp-flow': [join(folder, 'dist/src/index.d.ts')],
      }
      const compilerOptions = {
        strict: true,
        noEmit: true,
        target: 'es2024',
        module: 'nodenext',
        types: ['node'],
        paths,
      }
      writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['parent.ts'] }))
      expect(tsc('-p', app)).toBe('')
    },
    120_000,
  )
})

/** What `any` would let through, as the type of a machine whose parameters do not fit, is an unused directive. */
const PARENT = `
import { forParent, type TotpBackend, totpActors, totpFlowOf, totpInput, totpMachine } from 'totp-flow'
import { type ActorRefFrom, createActor, sendTo, setup, toPromise } from 'xstate'

declare const backend: TotpBackend
const totp = totpMachine.provide({ actors: totpActors(backend) })
const parent = setup({
  types: { context: {} as { own?: ActorRefFrom<typeof totp> }, children: {} as { totp: 'totp'; own: 'totp' } },
  actors: { totp },
}).createMachine({
  context: ({ spawn }) => ({ own: spawn('totp', { id: 'own', input: totpInput(backend) }) }),
  invoke: { src: 'totp', id: 'totp' },
  on: { cancel: { actions: sendTo('totp', { type: 'flow.cancel' }) } },
})
const child = createActor(parent).getSnapshot().children.totp
if (child) totpFlowOf(child, { backend }).register()
child?.send({ type: 'device.register' })
// @ts-expect-error: no such event
child?.send({ type: 'device.registr' })
child?.getSnapshot().matches({ idle: 'ready' })
// @ts-expect-error: no such state
child?.getSnapshot().matches({ idle: 'reedy' })
createActor(totpMachine).start()
const end = forParent(totp, { output: ({ context }) => context.device?.id })
export const id: Promise<string> = toPromise(createActor(end))
`

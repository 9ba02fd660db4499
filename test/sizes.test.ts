import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'vite'
import { afterAll, expect, it, vi } from 'vitest'

/** Inside the package, where its own name resolves, and out of Git's sight. */
mkdirSync('test-results', { recursive: true })
const folder = mkdtempSync('test-results/sizes-')
afterAll(() => rmSync(folder, { recursive: true }))
vi.stubEnv('NODE_ENV', 'production') // Vite goes by it before all else

/** What an app that has React already ships for this import, brotli, in bytes. */
async function sizeOf(name: string, source: string): Promise<number> {
  const input = join(folder, `${name}.ts`)
  writeFileSync(input, source)
  const result = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['totp-flow-source', 'module', 'browser', 'production'] },
    build: {
      write: false,
      target: 'es2024',
      minify: true,
      rolldownOptions: {
        input,
        external: [/^react(-dom)?(\/|$)/],
        preserveEntrySignatures: 'strict',
        output: { minify: true },
      },
    },
  })
  const outputs = [result].flat().flatMap((bundle) => ('output' in bundle ? bundle.output : []))
  const code = outputs.map((file) => (file.type === 'chunk' ? file.code : '')).join('')
  return brotliCompressSync(code).length
}

/** Of each, 11.6 are XState. */
const entries = [
  [
    'the chart alone',
    `export { totpMachine } from 'totp-flow/machine'
    export { createActor } from 'xstate'`,
    18.8,
  ],
  ['a flow', `export { createTotpFlow } from 'totp-flow'`, 24.3],
  [
    'a flow over HTTP',
    `export { createTotpFlow } from 'totp-flow'
    export { createElevatedFetch, httpBackend } from 'totp-flow/client'`,
    27.9,
  ],
  [
    'the hooks',
    `export { createTotpFlow } from 'totp-flow'
    export { TotpFlowProvider, useStepUp, useTotpFlow } from 'totp-flow/react'`,
    25.7,
  ],
  [
    'the React components',
    `export { createTotpFlow } from 'totp-flow'
    export { DeviceCard, StepUpDialog, TotpFlowProvider } from 'totp-flow/react'`,
    41.8,
  ],
  ['totp-flow, all of it', `export * from 'totp-flow'`, 24.7],
  [
    'all the hooks',
    `export { createTotpFlow } from 'totp-flow'
    export {
      TotpFlowProvider, useAuthenticateTotpMfaDevice, useDeleteMfaDevice, useGetMfaDevices,
      useRegisterTotpMfaDevice, useStepUp, useTotpFlow,
    } from 'totp-flow/react'`,
    26.2,
  ],
  [
    'totp-flow/react, all of it',
    `export { createTotpFlow } from 'totp-flow'
    export * from 'totp-flow/react'`,
    42.9,
  ],
  ['<totp-flow>', `export { createTotpFlow } from 'totp-flow'; import 'totp-flow/element'`, 41.5],
] as const

it.each(entries)('%s is no larger than it was', async (name, source, kilobytes) => {
  const size = await sizeOf(name.replace(/\W/g, '-'), source)
  console.info(`${name}: ${(size / 1000).toFixed(1)} kB`)
  expect(size).toBeLessThan(kilobytes * 1000)
})

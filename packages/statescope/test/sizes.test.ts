import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { expect, it, vi } from 'vitest'

vi.stubEnv('NODE_ENV', 'production') // Vite goes by it before all else

it('<state-chart> is no larger than it was, without the layout engine', async () => {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2024',
      lib: { entry: 'packages/statescope/src/statechart/element.ts', formats: ['es'] },
      rolldownOptions: {
        external: [/^elkjs/, /^xstate/],
        output: { minify: true },
      },
    },
  })
  const outputs = [result].flat().flatMap((bundle) => ('output' in bundle ? bundle.output : []))
  const code = outputs.map((file) => (file.type === 'chunk' ? file.code : '')).join('')
  const size = gzipSync(code, { level: 9 }).length
  console.info(`<state-chart>: ${(size / 1000).toFixed(1)} kB`)
  expect(size).toBeLessThan(12_400)
})

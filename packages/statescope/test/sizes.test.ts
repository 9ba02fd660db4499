import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { expect, it, vi } from 'vitest'

vi.stubEnv('NODE_ENV', 'production') // Vite goes by it before all else

it('<state-chart> loads at most 9.5 kB of its own before there is a chart, and 4 kB with the layout engine', async () => {
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
  const chunks = outputs.flatMap((file) => (file.type === 'chunk' ? [file] : []))
  const entry = chunks.find(({ isEntry }) => isEntry) ?? expect.unreachable()
  const atFirst = [entry, ...chunks.filter(({ fileName }) => entry.imports.includes(fileName))]
  const sizeOf = (some: typeof chunks) => gzipSync(some.map(({ code }) => code).join(''), { level: 9 }).length
  const [first, whole] = [sizeOf(atFirst), sizeOf(chunks)]
  console.info(`<state-chart>: ${(first / 1000).toFixed(1)} kB, all of it ${(whole / 1000).toFixed(1)} kB`)
  expect(first).toBeLessThan(9_500)
  expect(whole - first).toBeLessThan(4_000)
})

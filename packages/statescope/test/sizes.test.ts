import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { expect, it, vi } from 'vitest'

vi.stubEnv('NODE_ENV', 'production') // Vite goes by it before all else

it.each([
  ['<state-chart>', 'statechart/element', 9_500, 13_000],
  ['createInspector', 'inspect/index', 6_600, 6_600],
  ['<state-inspector>', 'inspect/element', 25_000, 28_500],
  ['statescope/draw', 'draw/index', 9_000, 9_000],
])(
  '%s, without the packages that it takes, is no larger than it was',
  async (what, entry, mostAtFirst, most) => {
    const result = await build({
      configFile: false,
      logLevel: 'error',
      build: {
        write: false,
        target: 'es2024',
        lib: { entry: `packages/statescope/src/${entry}.ts`, formats: ['es'] },
        rolldownOptions: {
          external: [/^elkjs/, /^xstate/, /^lit/, /^@statelyai/],
          output: { minify: true },
        },
      },
    })
    const outputs = [result].flat().flatMap((bundle) => ('output' in bundle ? bundle.output : []))
    const chunks = outputs.flatMap((file) => (file.type === 'chunk' ? [file] : []))
    const first = chunks.find(({ isEntry }) => isEntry) ?? expect.unreachable()
    const atFirst = [first, ...chunks.filter(({ fileName }) => first.imports.includes(fileName))]
    const [size, whole] = [atFirst, chunks].map(
      (some) => gzipSync(some.map(({ code }) => code).join(''), { level: 9 }).length,
    )
    console.info(`${what}: ${size} bytes at first, ${whole} in all`)
    expect(size).toBeLessThan(mostAtFirst)
    expect(whole).toBeLessThan(most)
  },
)

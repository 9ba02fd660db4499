import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, preview } from 'vite'

export const EXAMPLE = 'packages/statescope/example'

/** Builds the example with the package as it is here, and serves it. */
export async function serveExample() {
  const outDir = mkdtempSync(join(tmpdir(), 'statescope-example-'))
  const configFile = `${EXAMPLE}/vite.config.ts`
  const conditions = ['statescope-source', 'module', 'browser', 'production']
  await build({ configFile, root: EXAMPLE, logLevel: 'error', resolve: { conditions }, build: { outDir } })
  const server = await preview({
    configFile: false,
    logLevel: 'error',
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0 },
  })
  return {
    url: server.resolvedUrls?.local[0] ?? '',
    async close() {
      await server.close()
      rmSync(outDir, { recursive: true })
    },
  }
}

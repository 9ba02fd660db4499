import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import { folderApart } from './apart.ts'

const conditions = ['totp-flow-source', 'workerd', 'worker', 'module', 'browser', 'production']

/** One script, as a developer's bundler makes it for a worker. */
async function bundled(entry: string): Promise<string> {
  const made = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions },
    ssr: { noExternal: true, target: 'webworker', resolve: { conditions } },
    build: {
      write: false,
      ssr: resolve(entry),
      minify: false,
      target: 'es2024',
      rolldownOptions: {
        external: [/^node:/, /^cloudflare:/, 'pg-native'],
        output: { codeSplitting: false },
      },
    },
  })
  const [output] = Array.isArray(made) ? made : [made]
  if (!output || !('output' in output)) throw new Error('nothing was bundled')
  return output.output[0].code
}

interface Worker {
  url: string
  /** Ends it. */
  end(): Promise<void>
}

/** A worker on loopback, in the runtime that Cloudflare runs it in. `options` are Miniflare's. */
export async function startWorker(entry: string, options: object): Promise<Worker> {
  const { Miniflare } = createRequire(join(folderApart('runtimes'), 'package.json'))('miniflare')
  const worker = new Miniflare({
    modules: true,
    script: await bundled(entry),
    compatibilityDate: '2026-07-01',
    ...options,
  })
  const url: URL = await worker.ready
  return { url: url.origin, end: () => worker.dispose() }
}

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { build } from 'vite'

export type Page = Map<string, { body: string | Uint8Array<ArrayBuffer>; type: string }>

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  png: 'image/png',
}

const PATHS: Record<string, string> = { 'index.html': '/', 'element.html': '/element' }
const root = fileURLToPath(new URL('page/', import.meta.url))

/** Bundles the two pages in memory: URL path → file. */
export async function buildPage(): Promise<Page> {
  const result = await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [react()],
    resolve: {
      conditions: ['totp-flow-source', 'statescope-source', 'module', 'browser', 'production'],
      // The page loads its own engine, in a worker.
      alias: { 'elkjs/lib/elk.bundled.js': 'elkjs/lib/elk-api.js' },
    },
    build: {
      write: false,
      target: 'es2024',
      modulePreload: false,
      assetsInlineLimit: 0,
      rolldownOptions: { input: [join(root, 'index.html'), join(root, 'element.html')] },
    },
  })
  const outputs = [result].flat().flatMap((bundle) => ('output' in bundle ? bundle.output : []))
  const page: Page = new Map()
  for (const file of outputs) {
    const type = TYPES[file.fileName.split('.').at(-1) ?? ''] ?? 'application/octet-stream'
    const body =
      file.type === 'chunk'
        ? file.code
        : typeof file.source === 'string'
          ? file.source
          : Uint8Array.from(file.source)
    page.set(PATHS[file.fileName] ?? `/${file.fileName}`, { body, type })
  }
  return page
}

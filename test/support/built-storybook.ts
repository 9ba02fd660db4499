import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { preview } from 'vite'

export interface BuiltStorybook {
  /** On loopback, with a slash at its end. */
  url: string
  close(): Promise<void>
}

/** `storybook build`, into a folder of its own, served as the plain files that it is. */
export async function serveBuiltStorybook(): Promise<BuiltStorybook> {
  const folder = await mkdtemp(join(tmpdir(), 'totp-flow-storybook-'))
  await promisify(execFile)('npx', ['storybook', 'build', '--quiet', '--output-dir', folder], {
    env: { ...process.env, NODE_ENV: 'production', STORYBOOK_DISABLE_TELEMETRY: '1' },
  })
  const server = await preview({
    configFile: false,
    logLevel: 'error',
    build: { outDir: folder },
    preview: { host: '127.0.0.1', port: 0 },
  })
  return {
    url: server.resolvedUrls?.local[0] ?? '',
    async close() {
      await server.close()
      await rm(folder, { recursive: true })
    },
  }
}

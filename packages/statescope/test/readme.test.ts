/** The examples of README.md, word for word, do what it says that they do: those that Node runs. See readme.browser.tsx. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it, vi } from 'vitest'
import { WebSocket as Socket } from 'ws'
import { serveViewer } from '../src/inspect/viewer-server.ts'

it('what an app does is seen by the viewer at its usual address', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'statescope-readme-'))
  writeFileSync(join(folder, 'index.html'), '')
  const viewer = await serveViewer({ port: 0, page: pathToFileURL(`${folder}/`) })
  const told: { event?: { type: string } }[] = []
  const watching = new Socket(`${viewer.socketUrl}/viewer`)
  watching.on('message', (data) => told.push(JSON.parse(data.toString())))
  class ToTheViewer extends WebSocket {
    constructor(url: URL) {
      expect(url.origin).toBe('ws://localhost:4747')
      super(new URL(url.search, viewer.socketUrl))
    }
  }
  vi.stubGlobal('WebSocket', ToTheViewer)
  await import('example:packages/statescope/README.md/1')
  await expect.poll(() => told.map(({ event }) => event?.type)).toContain('next')
  watching.close()
  await viewer.close()
  vi.unstubAllGlobals()
  rmSync(folder, { recursive: true })
})

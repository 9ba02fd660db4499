/** The examples of README.md, word for word, do what it says that they do: those that Node runs. See readme.browser.tsx. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { WebSocket as Socket } from 'ws'
import type { InspectorOptions } from '../src/inspect/index.ts'
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

it('a machine is drawn in code', async () => {
  const { svg, diagram } = await import('example:packages/statescope/README.md/2')
  expect(svg).toContain('data-state="lamp.off"')
  expect(svg).not.toContain('prefers-color-scheme')
  expect(diagram).toContain('s_lamp_off --> s_lamp_on : turn')
})

describe('the tables of options', () => {
  const README = readFileSync('packages/statescope/README.md', 'utf8')
  const rowsBelow = (head: string) => {
    const [, table = ''] = README.split(head)
    const [rows = ''] = table.split('\n\n')
    return rows
  }
  const optionsIn = (text: string) => [...new Set(text.match(/--[a-z][a-z-]+/g))].toSorted()
  const helpOf = (...args: string[]) =>
    spawnSync(process.execPath, ['packages/statescope/src/cli.ts', ...args, '--help'], { encoding: 'utf8' })
      .stdout

  it('the README lists every option of the command, and no other', () => {
    const usual = ['--help', '--version']
    const shown = rowsBelow('| option of `npx statescope`')
    expect([...optionsIn(shown), ...usual].toSorted()).toEqual(optionsIn(helpOf()))
    for (const name of helpOf().match(/STATESCOPE_\w+/g) ?? []) expect(shown).toContain(name)
  })

  it('the README lists every option of draw, and no other', () => {
    const [, options = ''] = /\n\n(.*?)\n\n/s.exec(helpOf('draw')) ?? []
    const shown = rowsBelow('| option of `npx statescope draw`')
    expect([...optionsIn(shown), '--help'].toSorted()).toEqual(optionsIn(options))
  })

  it('the README lists every option of createInspector, and no other', () => {
    const given = {
      to: '',
      allowEvents: true,
      filter: () => true,
      sanitizeEvent: (one) => one,
      sanitizeContext: (one) => one,
    } satisfies Required<InspectorOptions>
    const names = rowsBelow('| option of `createInspector`').matchAll(/^\| (`\w+`(?:, `\w+`)*) +\|/gm)
    const shown = [...names].flatMap(([, cell = '']) => cell.replaceAll('`', '').split(', '))
    expect(shown.toSorted()).toEqual(Object.keys(given).toSorted())
  })
})

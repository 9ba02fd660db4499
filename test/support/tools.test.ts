import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { firstThatRuns } from './tools.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-tools-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function program(name: string, script: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

it('passes over a browser that is there and does not start', () => {
  const lacksLibraries = program(
    'lacks-libraries',
    'echo "error while loading shared libraries" >&2; exit 127',
  )
  const works = program('works', '[ "$1" = --version ]')
  expect(firstThatRuns([join(folder, 'absent'), lacksLibraries, works])).toBe(works)
  expect(firstThatRuns([lacksLibraries])).toBeUndefined()
})

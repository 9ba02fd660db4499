import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Mutant } from './mutant.ts'

const folder = mkdtempSync(join(tmpdir(), 'totp-flow-mutation-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const part of ['machines', 'src', 'package.json', 'tsconfig.json'])
  cpSync(part, join(folder, part), { recursive: true })
symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
writeFileSync(
  join(folder, 'tsconfig.flow.json'),
  JSON.stringify({ extends: './tsconfig.json', files: ['src/index.ts', 'machines/index.ts'], include: [] }),
)

/** What the compiler says against a mutant, in a copy of the sources. */
export function refusedByCompiler({ file, edit }: Mutant): string | null {
  if (!edit) return null
  const source = readFileSync(file, 'utf8')
  writeFileSync(join(folder, file), source.slice(0, edit.start) + edit.text + source.slice(edit.end))
  const tsc = resolve('node_modules/.bin/tsc')
  const { status, stdout } = spawnSync(tsc, ['-p', 'tsconfig.flow.json'], { cwd: folder, encoding: 'utf8' })
  writeFileSync(join(folder, file), source)
  return status === 0 ? null : (stdout.split('\n')[0] ?? '')
}

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const CLI = new URL('../src/cli.ts', import.meta.url).pathname
const statescope = (args: string[], env: NodeJS.ProcessEnv = {}) => {
  const { STATESCOPE_PORT: _port, STATESCOPE_HOST: _host, ...own } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    env: { ...own, ...env },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

it('--help lists every option and its environment variable', () => {
  const { status, stdout } = statescope(['--help'])
  expect(status).toBe(0)
  for (const word of [
    '--port',
    '--host',
    'STATESCOPE_PORT',
    'STATESCOPE_HOST',
    '--allow-origin',
    'STATESCOPE_ALLOW_ORIGIN',
    '4747',
    '127.0.0.1',
  ])
    expect(stdout).toContain(word)
})

it.each<[string, string[], NodeJS.ProcessEnv, string]>([
  ['an unknown option', ['--prot', '1'], {}, "Unknown option '--prot'. See statescope --help"],
  ['an unknown command', ['watch'], {}, "Unexpected argument 'watch'"],
  ['a port that is no number', ['--port', 'http'], {}, '--port (STATESCOPE_PORT) must be a number'],
  [
    'an origin that is none',
    ['--allow-origin', 'example.com'],
    {},
    '--allow-origin (STATESCOPE_ALLOW_ORIGIN) takes an origin',
  ],
  ['a port that no machine has', [], { STATESCOPE_PORT: '65536' }, 'must be a number from 0 to 65535'],
])(
  'the command rejects %s with exit code 2 and one line that says what to correct',
  (_what, args, env, words) => {
    const { status, stdout, stderr } = statescope(args, env)
    expect({ status, stdout, lines: stderr.trim().split('\n') }).toEqual({
      status: 2,
      stdout: '',
      lines: [expect.stringContaining(words)],
    })
  },
)

it.each([
  ['is not there', null, 'cannot be read: is there such a file?'],
  ['holds something else', '{}', 'is no recording of statescope.'],
  [
    'is of a newer version',
    '{"statescope":2}',
    'was saved by a newer statescope. Update this one to open it.',
  ],
])('the command rejects a recording that %s with one line that says so', (_what, text, words) => {
  const folder = mkdtempSync(join(tmpdir(), 'statescope-cli-'))
  const file = join(folder, 'checkout.statescope.json')
  if (text !== null) writeFileSync(file, text)
  expect(statescope(['--port', '0', file])).toEqual({ status: 1, stdout: '', stderr: `${file} ${words}\n` })
  rmSync(folder, { recursive: true })
})

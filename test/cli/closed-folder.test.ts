import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cli, commandFromSource } from '../support/server-process.ts'

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-closed-'))
  await cli(['migrate'], { DATABASE_URL: `sqlite:${folder}/data.db` })
  chmodSync(folder, 0o000)
})
afterAll(() => {
  chmodSync(folder, 0o700)
  rmSync(folder, { recursive: true })
})

/** Root may look everywhere. */
const asNobody =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []

it.each([
  ['doctor'],
  ['migrate'],
  ['backup', '/tmp/never-made.db'],
  ['users', 'list'],
  ['serve', '--development-identity', '--port', '0'],
])(
  'totp-flow %s says that the user may not read the folder, not that the database is missing',
  async (...args) => {
    const env = { DATABASE_URL: `sqlite:${folder}/data.db` }
    const { code, err } = await cli(args, env, '/', commandFromSource(...asNobody, process.execPath))
    expect(err).toContain(`This user may not look into the folder of ${folder}/data.db`)
    expect(err).not.toContain('There is no database')
    expect(code).toBe(1)
  },
)

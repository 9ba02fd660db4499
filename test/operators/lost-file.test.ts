/** A SQLite file that goes away under a server: a volume that was not mounted, a restore with `cp`, a folder that was cleaned. */
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fakeClock, hasFakeClock } from '../support/fake-clock.ts'
import { cli, type ServerProcess, startServer } from '../support/server-process.ts'

describe.skipIf(!hasFakeClock)('files under a server', () => {
  let clock: ReturnType<typeof fakeClock>
  let folder: string
  let server: ServerProcess
  const at = (name: string) => join(folder, name)
  beforeEach(async () => {
    clock = fakeClock()
    folder = mkdtempSync(join(tmpdir(), 'totp-flow-lost-'))
    server = await startServer({ DATABASE_URL: `sqlite:${at('test.db')}`, ...clock.env })
  })
  afterEach(async () => {
    await server.end('SIGKILL')
    clock.end()
    rmSync(folder, { recursive: true })
  })

  it.each<[string, () => void]>([
    [
      'deleted',
      () => {
        for (const ending of ['', '-wal', '-shm']) rmSync(at(`test.db${ending}`), { force: true })
      },
    ],
    [
      'replaced by a copy of itself',
      () => {
        copyFileSync(at('test.db'), at('copy.db'))
        renameSync(at('copy.db'), at('test.db'))
      },
    ],
    [
      'moved aside with its folder',
      () => {
        renameSync(folder, `${folder}-aside`)
        mkdirSync(folder)
      },
    ],
  ])(
    'a server notices within a minute that its SQLite file was %s: /readyz and every call answer 503, and the log names it',
    async (_, lose) => {
      const token = await server.signIn('ann')
      const register = () => server.call('GET', '/users/mfa/register/totp', { token })
      expect((await register()).status).toBe(200)
      const ready = async () => (await fetch(`${server.origin}/readyz`)).status
      expect(await ready()).toBe(200)
      lose()
      clock.set(61)
      await expect.poll(ready).toBe(503)
      expect((await register()).status).toBe(503)
      const lines = server.said.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(lines.filter(({ msg }) => msg === 'error').at(-1)?.err).toContain(
        `The files of ${at('test.db')} were deleted or replaced under this server`,
      )
      rmSync(`${folder}-aside`, { recursive: true, force: true })
    },
  )

  it('a server answers every call while commands of the same version change its database', async () => {
    const database = ['--database', `sqlite:${at('test.db')}`]
    writeFileSync(
      at('users.jsonl'),
      Array.from(
        { length: 3000 },
        (_, user) =>
          `${JSON.stringify({ userId: `user-${user}`, secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' })}\n`,
      ).join(''),
    )
    const token = await server.signIn('ann')
    for (const command of [
      ['users', 'import', at('users.jsonl')],
      ['users', 'list'],
      ['users', 'reset', 'user-7'],
      ['users', 'rename', 'user-8', 'renamed'],
      ['keys', 'rotate'],
      ['keys', 'rotate', '--master'],
      ['migrate'],
      ['backup', at('backup.db')],
      ['doctor'],
    ]) {
      const beside = cli([...command, ...database])
      let isOver = false
      beside.finally(() => {
        isOver = true
      })
      while (!isOver) {
        expect([command, (await server.call('GET', '/users/mfa/register/totp', { token })).status]).toEqual([
          command,
          200,
        ])
        expect((await fetch(`${server.origin}/readyz`)).status).toBe(200)
      }
      expect([command, await beside]).toMatchObject([command, { code: 0 }])
    }
  })
})

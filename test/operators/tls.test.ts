/** TLS to PostgreSQL with a CA of one's own, and what is said where it fails. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { command } from '../support/cli-in-process.ts'
import { hasDebianPostgres, type Node, type Operated, operate } from '../support/debian-postgres.ts'
import { query } from '../support/postgres.ts'

describe.skipIf(!hasDebianPostgres)('TLS to PostgreSQL', () => {
  let operated: Operated
  let node: Node
  let folder: string
  const at = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const makeCa = (name: string) =>
    openssl('req', '-x509', ...newKey(name), '-out', `${name}.pem`, '-subj', `/CN=${name}`, '-days', '2')
  const newKey = (name: string) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`]

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'totp-flow-tls-'))
    makeCa('ours')
    makeCa('another')
    openssl('req', ...newKey('server'), '-out', 'server.csr', '-subj', '/CN=database')
    writeFileSync(at('names'), 'subjectAltName=DNS:localhost')
    openssl(
      ...['x509', '-req', '-in', 'server.csr', '-CA', 'ours.pem', '-CAkey', 'ours.key', '-CAcreateserial'],
      ...['-out', 'server.pem', '-days', '2', '-extfile', 'names'],
    )
    operated = operate()
    for (const name of ['server.key', 'server.pem']) {
      execFileSync('install', ['-o', 'postgres', '-m', '600', at(name), join(operated.folder, name)])
    }
    node = await operated.primary(
      `ssl = on\nssl_cert_file = '${operated.folder}/server.pem'\nssl_key_file = '${operated.folder}/server.key'`,
    )
  })
  afterAll(async () => {
    await operated?.end()
    rmSync(folder, { recursive: true })
  })
  const migrate = (host: string, parameters: string) =>
    command([
      'migrate',
      '--database',
      `postgres://postgres:hun%40ter2@${host}:${node.port}/postgres?${parameters}`,
    ])

  it.each(['require', 'verify-ca', 'verify-full'])(
    'sslmode=%s connects over TLS if the name and the CA of the certificate match',
    async (mode) => {
      const trust = `sslmode=${mode}&sslrootcert=${at('ours.pem')}`
      expect((await migrate('localhost', trust)).code).toBe(0)
      const url = `postgres://postgres@localhost:${node.port}/postgres?${trust}`
      expect(await query(url, 'select ssl from pg_stat_ssl where pid = pg_backend_pid()')).toEqual([
        { ssl: true },
      ])
    },
  )

  it.each(['require', 'verify-ca', 'verify-full'])(
    'sslmode=%s rejects a certificate of another CA, another name or an unknown CA, and says what to do',
    async (mode) => {
      for (const [host, more, said] of [
        ['localhost', `&sslrootcert=${at('another.pem')}`, 'from an unknown CA. Name its CA'],
        ['localhost', '', 'from an unknown CA. Name its CA'],
        ['127.0.0.1', `&sslrootcert=${at('ours.pem')}`, 'is for another host name. Use one that it names'],
        [
          'localhost',
          `&sslrootcert=${at('none.pem')}`,
          `no such file or directory, open '${at('none.pem')}'`,
        ],
      ] as const) {
        const { code, err } = await migrate(host, `sslmode=${mode}${more}`)
        expect([code, err]).toEqual([1, expect.stringContaining(said)])
        expect(err).not.toMatch(/hun|ter2/)
      }
    },
  )

  it('a database without TLS is rejected if its certificate must be verified', async () => {
    const plain = await operated.primary()
    const url = `postgres://postgres:hun%40ter2@localhost:${plain.port}/postgres?sslmode=verify-full`
    const { code, err } = await command(['migrate', '--database', url])
    expect([code, err]).toEqual([1, expect.stringContaining('The server does not support SSL')])
    expect(err).not.toMatch(/hun|ter2/)
  })
})

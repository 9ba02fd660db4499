/** What docs/operating.md gives to those who install the server: each file is read, and what it runs is run. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { packed } from '../support/packed.ts'
import { freePort } from '../support/postgres.ts'
import { cli } from '../support/server-process.ts'
import { canDeploy } from '../support/tools.ts'
import { build } from './dockerfile.ts'

const read = (name: string) => readFileSync(`examples/deploy/${name}`, 'utf8')
const childOf = (pid?: number) => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim())
const variablesOf = async (command: string): Promise<string[]> => {
  const { out } = await cli([command, '--help'])
  return out.match(/\b[A-Z][A-Z_]+\b/g) ?? []
}

describe.skipIf(!canDeploy())('the container image', () => {
  let image: ReturnType<typeof build>
  let context: string
  beforeAll(() => {
    context = packed('totp-flow').folder
    renameSync(join(context, 'packed.tgz'), join(context, 'totp-flow-0.0.0.tgz'))
    image = build(read('Dockerfile'), context)
  })
  afterAll(() => {
    image?.remove()
    rmSync(context, { recursive: true, force: true })
  })

  it('the container’s server runs unprivileged in a read-only file system, is healthy, drains, and stops', async () => {
    const env = {
      PORT: String(await freePort()),
      HOST: '127.0.0.1',
      DATABASE_URL: 'sqlite:/data/totp-flow.db',
      TOTP_FLOW_DEVELOPMENT_IDENTITY: 'on',
      NODE_ENV: 'test', // in production there is no such identity
      TOTP_FLOW_DRAIN_SECONDS: '1',
    }
    expect(image.image.user).toBe('node')
    expect(image.health(env)).toBe(1)
    const server = image.run(env)
    let said = ''
    server.stderr.on('data', (chunk) => {
      said += chunk
    })
    const ended = once(server, 'exit')
    await expect.poll(() => said).toContain('master key from /data/master.key')
    expect(image.health(env)).toBe(0)
    // The sandbox's own first process stands between.
    process.kill(childOf(childOf(server.pid)), 'SIGTERM')
    await ended
    expect(said).toContain('/readyz answers 503')
    expect(said).toContain('finishing requests in progress')
  })

  it('the container’s image holds no package for pages or builds', () => {
    const names = spawnSync('ls', [join(image.image.folder, 'app/node_modules')], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n')
    expect(names).toContain('pg')
    expect(names.filter((name) => /^(react|react-dom|vite|typescript|node-gyp)$/.test(name))).toEqual([])
  })
})

it('compose’s server is read-only, unprivileged, and configured by variables that serve knows', async () => {
  const { services, secrets } = parse(read('compose.yaml'))
  const { 'totp-flow': server, database } = services
  expect(server).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    depends_on: { database: { condition: 'service_healthy' } },
  })
  const known = await variablesOf('serve')
  expect(Object.keys(server.environment).filter((name) => !known.includes(name))).toEqual([])
  expect(Object.keys(secrets).toSorted()).toEqual([...server.secrets, ...database.secrets].toSorted())
})

it.skipIf(!canDeploy())(
  'systemd accepts the unit, which drops most privileges and sets variables that serve knows',
  async () => {
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', 'examples/deploy/totp-flow.service'], {
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([0, ''])
    const { stdout } = spawnSync(
      'systemd-analyze',
      ['security', '--offline=true', '--threshold=20', 'examples/deploy/totp-flow.service'],
      { encoding: 'utf8' },
    )
    expect(stdout).toMatch(/exposure level for totp-flow.service: 1\.\d OK/)
    const known = await variablesOf('serve')
    const set = [...read('totp-flow.service').matchAll(/^Environment=([A-Z_]+)=/gm)].map(
      ([, name = '']) => name,
    )
    expect(set.filter((name) => !known.includes(name))).toEqual([])
  },
)

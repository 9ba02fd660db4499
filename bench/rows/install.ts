import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packed } from '../../test/support/packed.ts'

export interface InstallRow {
  packages: number
  megabytes: number
}

/** What `npm install totp-flow xstate` adds to an app that has React. */
export async function install(): Promise<InstallRow> {
  const { folder } = packed('totp-flow')
  const app = mkdtempSync(join(tmpdir(), 'totp-flow-bench-'))
  writeFileSync(join(app, 'package.json'), '{"private":true}')
  const npm = (...args: string[]) =>
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...args], {
      cwd: app,
      stdio: 'ignore',
    })
  npm('react', 'react-dom')
  const before = installed(join(app, 'node_modules'))
  npm(join(folder, 'packed.tgz'), 'xstate')
  const after = installed(join(app, 'node_modules'))
  for (const made of [folder, app]) rmSync(made, { recursive: true })
  return { packages: after.packages - before.packages, megabytes: after.megabytes - before.megabytes }
}

function installed(folder: string): InstallRow {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const isPackage = /^(?:.*node_modules\/)?(?:@[^/]+\/)?[^@./][^/]*\/package\.json$/
  return {
    packages: files.filter((file) => isPackage.test(file)).length,
    megabytes: files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0) / 1e6,
  }
}

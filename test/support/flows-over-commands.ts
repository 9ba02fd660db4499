import assert from 'node:assert/strict'
import { cli, startServer } from './server-process.ts'
import { enrollAndStepUp, removeByRecoveryCode } from './whole-flow.ts'

/**
 * Uses the server, its SQLite store and its commands to the end, in an empty folder, with a restart in between.
 * `totpFlow`: what runs the command, before its arguments. `env`: what it gets beside.
 */
export async function flowsOverCommands(
  folder: string,
  totpFlow: readonly string[],
  env: Record<string, string> = {},
): Promise<void> {
  const given = { DATABASE_URL: 'sqlite:test.db', ...env }
  const command = async (...args: string[]) => {
    const { code, err, out } = await cli(args, given, folder, totpFlow)
    assert.equal(code, 0, `totp-flow ${args.join(' ')}: ${err}${out}`)
  }
  const first = await startServer(given, [], folder, { command: totpFlow })
  const token = await first.signIn('ann')
  const recoveryCode = await enrollAndStepUp(first.api, token)
  await command('doctor')
  await command('keys', 'rotate')
  await command('keys', 'rotate', '--master')
  assert.equal(await first.end(), 0)
  await command('migrate')
  await command('backup', 'copy.db')
  await command('users', 'list')

  const second = await startServer(given, [], folder, { command: totpFlow })
  await removeByRecoveryCode(second.api, token, recoveryCode)
  await command('doctor')
  assert.equal(await second.end(), 0)
}

/** cognito-local in a process of its own, with a user pool whose users may have an authenticator app. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const PASSWORD = 'Correct-horse-1'

const COMMAND = resolve('test/providers/node_modules/cognito-local/lib/bin/start.js')

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const address = server.address()
  await new Promise((done) => server.close(done))
  return typeof address === 'object' && address ? address.port : 0
}

export async function startCognito() {
  const folder = mkdtempSync(join(tmpdir(), 'totp-flow-cognito-'))
  const port = await freePort()
  const endpoint = `http://localhost:${port}`
  const { NODE_ENV: _, ...env } = process.env
  const running = spawn(process.execPath, [COMMAND], { cwd: folder, env: { ...env, PORT: String(port) } })
  await new Promise<void>((done, fail) => {
    running.stdout.on('data', (text) => /running on/i.test(String(text)) && done())
    running.once('exit', (code) => fail(new Error(`cognito-local ended with ${code}`)))
  })

  async function call(name: string, body: object) {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSCognitoIdentityProviderService.${name}`,
      },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${name}: ${await response.text()}`)
    return response.json()
  }
  const { UserPool } = await call('CreateUserPool', { PoolName: 'Acme', MfaConfiguration: 'OPTIONAL' })
  const { UserPoolClient } = await call('CreateUserPoolClient', {
    UserPoolId: UserPool.Id,
    ClientName: 'page',
  })
  return {
    config: {
      Auth: {
        Cognito: {
          userPoolId: UserPool.Id,
          userPoolClientId: UserPoolClient.ClientId,
          userPoolEndpoint: endpoint,
        },
      },
    },
    async addUser(username: string) {
      const attributes = [{ Name: 'email', Value: username }]
      const given = { UserPoolId: UserPool.Id, Username: username }
      await call('AdminCreateUser', { ...given, UserAttributes: attributes, MessageAction: 'SUPPRESS' })
      await call('AdminSetUserPassword', { ...given, Password: PASSWORD, Permanent: true })
    },
    removeUser: (username: string) =>
      call('AdminDeleteUser', { UserPoolId: UserPool.Id, Username: username }),
    async stop() {
      const ended = new Promise((done) => running.once('exit', done))
      running.kill()
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

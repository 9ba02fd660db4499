/** Two nodes behind HAProxy, each replaced in its turn, while clients that keep their connections go on asking. */
import { Agent, createServer, request, type Server } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { hasDebianPostgres, type Operated, operate } from '../support/debian-postgres.ts'
import { freePort, makeDatabase } from '../support/postgres.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'

const CLIENTS = 8
const API = '/api/v0/sdk/default'

describe.skipIf(!hasDebianPostgres)('behind HAProxy', () => {
  let operated: Operated
  let provider: Server
  const nodes: ServerProcess[] = []
  const agent = new Agent({ keepAlive: true })
  afterAll(async () => {
    agent.destroy()
    for (const node of nodes) await node.end('SIGKILL')
    provider?.close()
    await operated?.end()
  })

  /** An identity provider: its JWKS, and the JWTs that it gives its users. */
  async function provide() {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] }
    provider = createServer((_, response) => response.end(JSON.stringify(keys)))
    const port = await freePort()
    await new Promise<void>((resolve) => provider.listen(port, '127.0.0.1', resolve))
    const issuer = `http://127.0.0.1:${port}`
    return {
      options: [
        '--identity-jwks',
        `${issuer}/jwks`,
        '--identity-issuer',
        issuer,
        '--identity-audience',
        'app',
      ],
      jwtOf: (user: string) =>
        new SignJWT({ email: `${user}@example.com` })
          .setProtectedHeader({ alg: 'ES256', kid: 'one' })
          .setIssuer(issuer)
          .setAudience('app')
          .setSubject(user)
          .setIssuedAt()
          .setExpirationTime('1h')
          .sign(privateKey),
    }
  }

  function ask(
    port: number,
    method: string,
    path: string,
    { token, body }: { token?: string; body?: object },
  ) {
    return new Promise<{ status: number; text: string }>((resolve, reject) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const asked = request({ agent, port, host: '127.0.0.1', method, path, headers }, async (response) => {
        let text = ''
        for await (const chunk of response) text += chunk
        resolve({ status: response.statusCode ?? 0, text })
      })
      asked.on('error', reject)
      asked.end(body && JSON.stringify(body))
    })
  }

  it('two nodes that drain are replaced one after the other under load, and no client notices', async () => {
    operated = operate()
    const { options, jwtOf } = await provide()
    const ports = [await freePort(), await freePort()]
    const env = {
      DATABASE_URL: await makeDatabase(inject('postgresUrl'), 'rolling'),
      TOTP_FLOW_MASTER_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
      TOTP_FLOW_DRAIN_SECONDS: '1', // longer than two checks of the balancer's
    }
    const start = async (index: number) => {
      nodes[index] = await startServer({ ...env, PORT: String(ports[index]) }, options)
    }
    for (const index of [0, 1]) await start(index)
    const balancer = await operated.httpBalancer(ports)

    const answers = { total: 0, others: [] as string[] }
    const counted = async (method: string, path: string, given: { token?: string; body?: object }) => {
      const failed = (error: unknown) => ({ status: 0, text: String(error) })
      const { status, text } = await ask(balancer, method, `${API}${path}`, given).catch(failed)
      answers.total++
      if (status === 200) return JSON.parse(text)
      answers.others.push(`${method} ${path} ${status} ${text}`)
      return {}
    }
    let isOver = false
    const load = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let turn = 0; !isOver; turn++) {
        const body = { jwt: await jwtOf(`user-${client}-${turn}`) }
        const { minifiedJwt: token } = await counted('POST', '/externalAuth/signin', { body })
        await counted('GET', '/users/mfa/register/totp', { token })
        await counted('GET', '/users/mfa/methods', { token })
      }
    })
    const replacing = async () => {
      for (const index of [0, 1]) {
        const before = answers.total
        await expect.poll(() => answers.total).toBeGreaterThan(before + 100)
        expect(await nodes[index]?.end('SIGTERM')).toBe(0)
        await start(index)
        // The balancer sends to it again.
        await expect.poll(() => nodes[index]?.said.out).toContain('registered')
      }
      isOver = true
    }
    await Promise.all([...load, replacing()])
    expect(answers.others).toEqual([])
    expect(answers.total).toBeGreaterThan(500)
  })
})

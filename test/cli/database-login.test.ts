/** A database at which no login succeeds, and that leaves the connection open: the command has to end by itself. */
import { randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { cli } from '../support/server-process.ts'

let server: Server
const sockets = new Set<Socket>()
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
})

/** PostgreSQL's message that asks for a step of the login. */
function authentication(step: number, text: string): Buffer {
  const head = Buffer.from([...'R'].map((letter) => letter.charCodeAt(0)).concat([0, 0, 0, 0, 0, 0, 0, 0]))
  head.writeInt32BE(8 + text.length, 1)
  head.writeInt32BE(step, 5)
  return Buffer.concat([head, Buffer.from(text, 'latin1')])
}
const SASL = 10
const SASL_CONTINUE = 11

/** Answers one message after another, and then keeps silent. */
async function listening(...answers: readonly Buffer[]): Promise<string> {
  server = createServer((socket) => {
    sockets.add(socket)
    const left = [...answers]
    socket.on('error', () => {})
    socket.on('data', () => {
      const answer = left.shift()
      if (answer) socket.write(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `127.0.0.1:${address.port}/data`
}
const scram = [authentication(SASL, 'SCRAM-SHA-256\0\0'), authentication(SASL_CONTINUE, 'r=x,s=eA==,i=4096')]

it('each command exits with 1 and says that the URL has no password, if the database requires one', async () => {
  const place = await listening(...scram)
  const commands = [
    ['serve', '--development-identity'],
    ['doctor'],
    ['migrate'],
    ['users', 'list'],
    ['keys', 'rotate'],
  ]
  const key = { TOTP_FLOW_MASTER_KEY: randomBytes(32).toString('base64url') }
  for (const url of [`postgres://ann@${place}`, `postgres://ann:@${place}`]) {
    const ended = await Promise.all(commands.map((args) => cli(args, { ...key, DATABASE_URL: url }, '/tmp')))
    for (const { code, out, err } of ended) {
      expect(code).toBe(1)
      expect(out + err).toContain('The database requires a password, and DATABASE_URL has none.')
      expect(err).not.toContain('SCRAM')
    }
  }
})

it.each([
  ['a login by a mechanism that nobody knows', [authentication(SASL, 'GUESSING\0\0')]],
  ['a signature that is not its own', [...scram.slice(0, 1), authentication(SASL_CONTINUE, 'r=x')]],
  ['what is no message', [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]],
])('a command exits with 1 if the database answers %s and stays connected', async (_, answers) => {
  const place = await listening(...answers)
  const url = `postgres://ann:hunter2@${place}`
  const env = { DATABASE_URL: url, TOTP_FLOW_CONNECT_TIMEOUT: '500' }
  const { code, err } = await cli(['migrate'], env, '/tmp')
  expect(code).toBe(1)
  expect(err).not.toContain('hunter2')
})

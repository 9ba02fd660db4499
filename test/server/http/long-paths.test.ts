/** One call without a credential must not block the process: each test starts a server in a child process. */
import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

const asking = `
  const { request } = await import('node:http')
  const { startTestServer } = await import('./src/testing/test-server.ts')
  const server = await startTestServer()
  const ask = (path) =>
    new Promise((resolve, reject) => {
      request(server.apiBaseUrl + '/sdk/test/' + path, (response) => {
        response.resume().once('end', () => resolve(response.statusCode))
      }).once('error', reject).end()
    })
  const statuses = []
  for (const path of JSON.parse(process.argv[1])) statuses.push(await ask(path))
  console.log(JSON.stringify(statuses))
  await server.close()
`

/** The status for each path, in order; none if the server hangs, which ends the child. */
function statusesOf(paths: string[]): number[] {
  const args = [
    '--conditions=totp-flow-source',
    '--input-type=module',
    '--eval',
    asking,
    JSON.stringify(paths),
  ]
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 })
  return JSON.parse(stdout || '[]')
}

/** Node accepts 16 KiB for the request line and the headers together. */
const LONGEST = 15_000

it.each<[string, (length: number) => string]>([
  ['one segment of letters that ends in a digit', (length) => `${'a'.repeat(length - 1)}1`],
  ['one segment of letters', (length) => 'a'.repeat(length)],
  ['one segment of hyphens', (length) => '-'.repeat(length)],
  ['letters and hyphens in turn, and a digit', (length) => `${'a-'.repeat(length / 2 - 1)}1`],
  ['words and hyphens, and a dot', (length) => `${'ab-cd-'.repeat(length / 6)}.`],
  ['nothing but slashes', (length) => '/'.repeat(length)],
  ['segments of one letter', (length) => 'a/'.repeat(length / 2)],
  ['many segments that each end in a digit', (length) => `${'a'.repeat(30)}1/`.repeat(length / 32)],
  ['escaped letters', (length) => '%41'.repeat(length / 3)],
  ['dots', (length) => `a${'.'.repeat(length - 1)}`],
  ['the path of a device, and an id that is not one', (length) => `users/mfa/${'a_'.repeat(length / 2)}.`],
])('a path of any length gets its 404, and the server goes on: %s', (_what, path) => {
  const lengths = [6, 32, 42, 66, 1000, LONGEST]
  expect(statusesOf(lengths.map(path))).toEqual(lengths.map(() => 404))
})

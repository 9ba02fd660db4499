import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { generateSync } from 'otplib'
import { createInspector } from 'statescope'
import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { expect, it } from 'vitest'
import { WebSocket as Socket } from 'ws'
import { serveViewer } from '../../packages/statescope/src/inspect/viewer-server.ts'

it('the server holds no secret, code or token of an enrollment, and a flow takes no event from a viewer by default', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'statescope-hunt-'))
  writeFileSync(join(folder, 'index.html'), '')
  const server = await serveViewer({ port: 0, page: pathToFileURL(`${folder}/`) })
  const inspector = createInspector({ to: server.socketUrl })
  const flow = createTotpFlow({ backend: memoryBackend(), inspect: inspector.inspect })
  await flow.settled()
  flow.register()
  const { registration } = await flow.waitFor(({ state }) => state === 'awaitingCode')
  const { secret = '', uri = '' } = registration?.unseal() ?? {}
  const code = generateSync({ secret })
  flow.submitCode(code)
  const { recoveryCodes } = await flow.waitFor(({ state }) => state === 'elevated')

  // A viewer that comes late is told all that the server holds.
  const late = new Socket(`${server.socketUrl}/viewer`)
  let told = ''
  late.on('message', (data) => {
    told += String(data)
  })
  await expect.poll(() => told).toContain('"elevated"')
  expect(told).toContain('"type":"code.submit"')
  const secrets = [secret, uri, code, ...(recoveryCodes?.unseal() ?? [])]
  expect(secrets.length).toBeGreaterThan(10)
  for (const one of secrets) expect(told).not.toContain(one)

  const [, sessionId = ''] = /"sessionId":"([^"]+)"/.exec(told) ?? []
  const event = { type: 'flow.cancel' }
  const before = flow.getView().state
  late.send(JSON.stringify({ type: '@statescope.send', id: '1', sessionId, event }))
  late.send(JSON.stringify({ type: '@statescope.send', id: '2', sessionId: 'unknown/x:0', event }))
  await expect.poll(() => told).toContain('"id":"2"')
  expect(flow.getView().state).toBe(before)
  expect(told).not.toContain('takesEvents')
  late.close()
  flow.stop()
  inspector.stop()
  await server.close()
  rmSync(folder, { recursive: true })
})

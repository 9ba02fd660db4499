/** Passkeys through Dynamic's own SDK, over HTTP, against our server, with an authenticator in software. */
import { type DynamicClient, getPasskeys, signInWithExternalJwt } from '@dynamic-labs-sdk/client'
import { expect, it, onTestFinished } from 'vitest'
import { dynamicBackend } from '../../src/dynamic/dynamic-backend.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import type { TotpView } from '../../src/flow/view.ts'
import { managePasskeys } from '../../src/passkeys/index.ts'
import { startTestServer } from '../../src/testing/test-server.ts'
import { dynamicClient } from '../support/dynamic-client.ts'
import { browserWith, passkeysOfTests } from '../support/passkeys.ts'
import { oathtool } from '../support/tools.ts'

async function started() {
  const server = await startTestServer({ passkeys: passkeysOfTests() })
  onTestFinished(() => server.close())
  const asked: string[] = []
  /** What the SDK asks for passkeys. Each is on a machine of its own, as a second one has to be. */
  const machines = [browserWith()]
  const passkey = {
    isSupported: () => true,
    async authenticate({ optionsJSON }: { optionsJSON: unknown }) {
      asked.push('get')
      return machines[0]?.get(optionsJSON)
    },
    async register({ optionsJSON }: { optionsJSON: unknown }) {
      asked.push('create')
      return machines.at(-1)?.create(optionsJSON)
    },
  }
  const client: DynamicClient = await dynamicClient(server.origin, server.environmentId, passkey as never)
  await signInWithExternalJwt({ externalJwt: await server.externalJwt('ann@example.com') }, client)
  const backend = dynamicBackend(client)
  const flow = createTotpFlow({ backend })
  onTestFinished(() => flow.stop())
  await flow.settled()
  const passkeys = managePasskeys(flow, backend)
  /** When a prompt is open that a passkey may answer. */
  const prompted = flow.waitFor.bind(flow, ({ can }: TotpView) => can.submitPasskey)
  return { server, client, flow, passkeys, machines, asked, prompted }
}

it('a user adds passkeys through the SDK, the second one by the first, names them, and removes both', async () => {
  const { client, flow, passkeys, machines, asked, prompted } = await started()
  await passkeys.add()
  const [first] = flow.getView().passkeys
  expect(flow.getView()).toMatchObject({ device: null, passkeys: [{ id: expect.any(String) }] })

  machines.push(browserWith())
  const second = passkeys.add()
  await prompted()
  flow.submitPasskey()
  await second
  expect(asked).toEqual(['create', 'get', 'create'])
  expect(await getPasskeys(client)).toHaveLength(2)

  const other = flow.getView().passkeys.find(({ id }) => id !== first?.id)
  await passkeys.rename(other?.id ?? '', 'Security key')
  expect(flow.getView().passkeys).toContainEqual(
    expect.objectContaining({ id: other?.id, alias: 'Security key' }),
  )

  const removal = passkeys.remove(other?.id ?? '')
  await prompted()
  flow.submitPasskey()
  await removal
  expect(flow.getView().passkeys.map(({ id }) => id)).toEqual([first?.id])

  const last = passkeys.remove(first?.id ?? '')
  await prompted()
  flow.submitPasskey()
  await last
  expect(await getPasskeys(client)).toEqual([])
})

it('a user with a passkey steps up by it, and sets up an app by it', async () => {
  const { server, flow, passkeys } = await started()
  await passkeys.add()
  flow.stepUp(['wallet:export'])
  expect(flow.getView()).toMatchObject({ detail: 'passkey', methods: ['passkey'] })
  flow.submitPasskey()
  expect(await flow.settled()).toMatchObject({ state: 'elevated', error: null })
  expect(flow.takeElevatedToken('wallet:export')).toEqual(expect.any(String))

  flow.stepUp(['credential:link'])
  flow.submitPasskey()
  await flow.settled()
  flow.register()
  const { registration, error } = await flow.settled()
  expect(error).toBeNull()
  const { secret = '' } = registration?.unseal() ?? {}
  flow.submitCode(oathtool(secret, (server.clock.now() - Date.now()) / 1000))
  expect(await flow.settled()).toMatchObject({ state: 'elevated', device: { verified: true }, error: null })

  flow.deleteDevice()
  flow.submitPasskey()
  expect(await flow.settled()).toMatchObject({ state: 'idle', device: null, error: null })
})

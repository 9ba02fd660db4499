import { createTotpFlow, type TotpBackend, type TotpFlow, TotpFlowError } from 'totp-flow'
import { expect, it, onTestFinished } from 'vitest'
import { RECOVERY_CODES, RIGHT_CODE, SECRET } from './scripted-backend.ts'

const uri = `otpauth://totp/Acme:ann?secret=${SECRET}&issuer=Acme`

/** A provider that knows no ids and no dates, and gives the recovery codes with the registration. */
function bareBackend(more: Partial<TotpBackend> = {}): TotpBackend {
  let isOn = false
  return {
    getMfaDevices: async () => (isOn ? [{ id: '', type: 'totp', verified: true }] : []),
    registerTotpMfaDevice: async () => ({ id: '', uri, secret: SECRET, recoveryCodes: RECOVERY_CODES }),
    async authenticateTotpMfaDevice({ code }) {
      if (code !== RIGHT_CODE) throw new TotpFlowError('invalid_code')
      isOn = true
      return { deviceId: '', sessionExpiresAt: Date.now() + 3_600_000 }
    },
    async deleteMfaDevice() {
      isOn = false
    },
    ...more,
  }
}

async function start(backend: TotpBackend): Promise<TotpFlow> {
  const flow = createTotpFlow({ backend })
  onTestFinished(() => flow.stop())
  await flow.settled()
  return flow
}

async function enroll(flow: TotpFlow) {
  flow.register()
  await flow.settled()
  flow.submitCode(RIGHT_CODE)
  await flow.settled()
}

it('makes up no id and no date where a provider tells none', async () => {
  const flow = await start(bareBackend())
  await enroll(flow)
  const { device } = flow.getView()
  expect(device).toMatchObject({ id: '', verified: true })
  expect(device).not.toHaveProperty('createdAt')
  flow.release()
  await flow.settled()
  expect(flow.getView().device).toEqual({ id: '', type: 'totp', verified: true })
})

it('shows recovery codes that came with a registration once its first code was right, and not before', async () => {
  const flow = await start(bareBackend())
  flow.register()
  await flow.settled()
  expect(flow.getView().recoveryCodes).toBeNull()
  expect(JSON.stringify(flow.actor.getPersistedSnapshot())).not.toContain(RECOVERY_CODES[0])
  flow.submitCode('000000')
  await flow.settled()
  expect(flow.getView().recoveryCodes).toBeNull()
  flow.submitCode(RIGHT_CODE)
  await flow.settled()
  expect(flow.getView().recoveryCodes?.unseal()).toEqual(RECOVERY_CODES)
})

it('forgets recovery codes that came with a registration that was given up', async () => {
  const registrations = [{ recoveryCodes: RECOVERY_CODES }, {}]
  const flow = await start(
    bareBackend({
      registerTotpMfaDevice: async () => ({ id: '', uri, secret: SECRET, ...registrations.shift() }),
    }),
  )
  flow.register()
  await flow.settled()
  flow.cancel()
  await flow.settled()
  await enroll(flow)
  expect(flow.getView()).toMatchObject({ state: 'elevated', recoveryCodes: null })
})

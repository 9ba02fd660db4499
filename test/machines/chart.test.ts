import { expect, it, vi } from 'vitest'
import { createActor } from 'xstate'
import { totpMachine } from '../../machines/totp.machine.ts'

const config = JSON.stringify(totpMachine.config)

it('has the six states of the design', () => {
  expect(Object.keys(totpMachine.states)).toEqual([
    'idle',
    'registering',
    'awaitingCode',
    'verifying',
    'elevated',
    'deleting',
  ])
})

it.each(['guards', 'actions', 'actors', 'delays'] as const)('uses every one of the %s it defines', (kind) => {
  for (const name of Object.keys(totpMachine.implementations[kind])) expect(config).toContain(`"${name}"`)
})

it('says which port was left empty', async () => {
  const actor = createActor(totpMachine, { input: {} }).start()
  await vi.waitFor(() => expect(actor.getSnapshot().context.error).not.toBeNull())
  const cause = actor.getSnapshot().context.error?.cause
  expect(String((cause as { unseal(): unknown }).unseal())).toContain('provide the "getMfaDevices" actor')
  actor.stop()
})

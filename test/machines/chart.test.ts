import { expect, it, vi } from 'vitest'
import { type AnyActorLogic, type AnyStateMachine, createActor } from 'xstate'
import { totpMachine } from '../../machines/totp.machine.ts'

const config = JSON.stringify(totpMachine.config)
const kinds = ['guards', 'actions', 'actors', 'delays'] as const

it('the chart has the six states of the design', () => {
  expect(Object.keys(totpMachine.states)).toEqual([
    'idle',
    'registering',
    'awaitingCode',
    'verifying',
    'elevated',
    'deleting',
  ])
})

it.each(kinds)('the chart uses every one of the %s it defines', (kind) => {
  for (const name of Object.keys(totpMachine.implementations[kind])) expect(config).toContain(`"${name}"`)
})

it('the chart defines everything that it names', () => {
  const defined = kinds.flatMap((kind) => Object.keys(totpMachine.implementations[kind]))
  const named = [...config.matchAll(/"(?:guard|src|type)":"(\w+)"|"(?:actions|entry|exit)":"(\w+)"/g)]
  const lists = [...config.matchAll(/"(?:actions|entry|exit)":\[([^\]]*)\]/g)]
  const names = [
    ...named.map(([, one, other]) => one ?? other ?? ''),
    ...lists.flatMap(([, list]) =>
      [...(list ?? '').matchAll(/(?:^|,)"(\w+)"/g)].map(([, name]) => name ?? ''),
    ),
  ]
  expect(names.length).toBeGreaterThan(50)
  expect(names.filter((name) => !defined.includes(name))).toEqual([])
})

it('the events of a call carry the name of what is called', () => {
  const expected = Object.keys(totpMachine.implementations.actors).flatMap((name) => [
    `xstate.done.actor.${name}`,
    `xstate.error.actor.${name}`,
  ])
  const ends = totpMachine.events.filter((type) => /^xstate\.(done|error)\./.test(type))
  expect(ends.toSorted()).toEqual(expected.toSorted())
})

const ports = Object.entries(totpMachine.implementations.actors)
it.each(ports)('an empty %s port fails with its name', async (name, port) => {
  const told = vi.spyOn(console, 'error').mockReturnValue()
  const actor = createActor(port as AnyActorLogic)
  actor.subscribe({ error: () => {} })
  actor.start()
  await expect.poll(() => actor.getSnapshot().status).toBe('error')
  expect(String(actor.getSnapshot().error)).toContain(`provide the "${name}" actor`)
  expect(told.mock.lastCall).toEqual([actor.getSnapshot().error])
  told.mockRestore()
})

it('the chart starts without input, for tools that give none', () => {
  const machine: AnyStateMachine = totpMachine
  const actor = createActor(machine).start()
  const expected = { allowMfaToken: true, offersRecovery: false, offersRenewal: false }
  expect(actor.getSnapshot().context.settings).toMatchObject(expected)
  actor.stop()
})

it('the context has fewer than the 20 members from which on V8 copies an object slowly, as each assignment does', () => {
  expect(Object.keys(createActor(totpMachine).getSnapshot().context).length).toBeLessThan(20)
})

import { createTotpFlow, type TotpBackend, totpActors, totpFlowOf } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { expect, it, onTestFinished, vi } from 'vitest'

const backend = memoryBackend()
/** As untyped JavaScript may call it. */
const start = (options: object) => createTotpFlow({ backend, ...options } as never)
const wrongBackend = (more: object): TotpBackend => ({ ...backend, ...more })

it.each<[string, object]>([
  ['inspekt', { inspekt: () => {} }],
  ['timeout', { timeout: 5_000 }],
  ['allowMfaToken', { allowMfaToken: 'no' }],
  ['allowMfaToken', { allowMfaToken: 0 }],
  ['allowMfaToken', { allowMfaToken: null }],
  ['callTimeout', { callTimeout: '5000' }],
  ['callTimeout', { callTimeout: 0 }],
  ['callTimeout', { callTimeout: Number.NaN }],
  ['inspect', { inspect: 5 }],
  ['inspect', { inspect: {} }],
  ['clock', { clock: {} }],
  ['clock', { clock: Date }],
  ['clock', { clock: () => Date.now() }],
  ['tabs', { tabs: 5 }],
  ['tabs', { tabs: true }],
  ['tabs', { tabs: {} }],
])('createTotpFlow names a wrong %s in one sentence: %j', (name, options) => {
  expect(() => start(options)).toThrow(TypeError)
  expect(() => start(options)).toThrow(name)
  expect(() => start(options)).toThrow(/^[^\n]{15,150}\.$/)
})

it.each<[string, object]>([
  ['assurance', { assurance: 'sesion' }],
  ['assurance', { assurance: true }],
  ['freshFor', { freshFor: '10m' }],
  ['freshFor', { freshFor: 0 }],
  ['freshFor', { freshFor: Number.NaN }],
  ['proofs', { proofs: 'password' }],
  ['proofs.delete', { proofs: { delete: 'passwort' } }],
  ['proofs.register', { proofs: { register: 'code' } }],
  ['proofs.remove', { proofs: { remove: 'code' } }],
])('a wrong %s of a backend is named: %j', (name, more) => {
  for (const use of [(given: TotpBackend) => start({ backend: given }), totpActors])
    expect(() => use(wrongBackend(more))).toThrow(new RegExp(`\\bbackend\\.${name}\\b.*\\.$`))
})

it('options that are absent or undefined have their defaults', () => {
  const flow = start({
    restore: null,
    allowMfaToken: undefined,
    inspect: undefined,
    tabs: undefined,
    clock: undefined,
  })
  onTestFinished(() => flow.stop())
  expect(totpFlowOf(flow.actor, { backend: wrongBackend({ proofs: {} }) }).getView().detail).toBe('loading')
})

it.each<[string, object]>([
  ['inspect', { inspect: false }],
  ['inspect', { inspect: null }],
  ['tabs', { tabs: null }],
])('untyped code turns off %s in production only: %j', async (_, options) => {
  const flow = start(options)
  onTestFinished(() => flow.stop())
  expect(await flow.settled()).toMatchObject({ detail: 'ready', error: null })
})

it('other members of spread props are no options if they are undefined', () => {
  expect(() => start({ children: undefined }).stop()).not.toThrow()
})

it.each<[string, object, RegExp]>([
  ['a text for scopes', { type: 'stepUp.request', scopes: 'wallet:export' }, /scopes takes a list/],
  ['a scope without its verb', { type: 'stepUp.request', scopes: ['wallet'] }, /scopes takes a list/],
  [
    'details without a list',
    { type: 'stepUp.request', scopes: ['wallet:export'], authorizationDetails: { type: 'payment' } },
    /authorizationDetails takes a list/,
  ],
])('the developer is told of %s in the console, and as the cause of the refusal', async (_, event, words) => {
  const console_ = vi.spyOn(console, 'error').mockImplementation(() => {})
  const flow = start({})
  onTestFinished(() => flow.stop())
  await flow.settled()
  flow.actor.send(event as never)
  expect(String(console_.mock.calls[0])).toMatch(words)
  expect(console_).toHaveBeenCalledOnce()
  expect(String((flow.getView().error as { cause?: { unseal(): unknown } } | null)?.cause?.unseal())).toMatch(
    words,
  )
})

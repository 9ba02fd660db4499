import { afterEach, beforeEach, expect, it } from 'vitest'
import { createElevatedFetch, type ElevatedFetch } from '../../src/client/elevated-fetch.ts'
import { createTotpFlow, type TotpFlow } from '../../src/index.ts'
import { memoryStore } from '../../src/server/index.ts'
import { createWorld, type World } from '../support/world.ts'

const scope = 'funds:send'
interface Payment {
  amount: string
  payee: string
}
const toBob = { amount: '100.00', payee: 'Bob' }
const toEve = { amount: '9.00', payee: 'Eve' }
const approvalOf = ({ amount, payee }: Payment) => ({
  reason: `Send €${amount} to ${payee}`,
  authorizationDetails: [{ type: 'payment', amount, payee }],
})

let world: World
let flow: TotpFlow
let secret: string
let elevatedFetch: ElevatedFetch
let paid: Payment[]
beforeEach(async () => {
  world = createWorld(() => memoryStore(), { scopes: { [scope]: { singleUse: false } } })
  ;({ secret } = await world.enroll('ada'))
  paid = []
  flow = createTotpFlow({
    backend: world.server.backendFor({ userId: 'ada', account: 'ada@example.com' }),
    clock: { now: () => world.now, setTimeout, clearTimeout: (id) => clearTimeout(Number(id)) },
  })
  const pay = world.server.requireElevation(scope, {
    authorizationDetails: async (request) => approvalOf(await request.json()).authorizationDetails,
  })(async (request) => {
    paid.push(await request.json())
    return new Response('paid')
  })
  elevatedFetch = createElevatedFetch(flow, {
    origins: ['http://test.local'],
    fetch: (input, init) => pay(new Request(input, init)),
  })
})
afterEach(async () => {
  flow.stop()
  await world.close()
})

const pay = (payment: Payment, approval: Parameters<ElevatedFetch>[1] = { approval: approvalOf(payment) }) =>
  elevatedFetch('http://test.local/pay', {
    method: 'POST',
    headers: { authorization: 'Bearer user:ada' },
    body: JSON.stringify(payment),
    ...approval,
  })
const prompted = () => flow.waitFor(({ showsCodeField, busy }) => showsCodeField && !busy)
async function typeCode(): Promise<void> {
  flow.submitCode(world.codeOf(secret))
  world.tick()
  await flow.settled()
}

it('an elevated fetch shows the reason of its approval, and wins a token for just that', async () => {
  const answer = pay(toBob)
  expect((await prompted()).reason).toBe('Send €100.00 to Bob')
  await typeCode()
  expect(await (await answer).text()).toBe('paid')
  expect(paid).toEqual([toBob])
})

it('two simultaneous payments prompt one after the other, each for its own code', async () => {
  const answers = [pay(toBob), pay(toEve)]
  const reasons = []
  for (const _ of answers) {
    reasons.push((await prompted()).reason)
    await typeCode()
  }
  expect(reasons.toSorted()).toEqual(['Send €100.00 to Bob', 'Send €9.00 to Eve'])
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200])
  expect(paid).toHaveLength(2)
})

it('a token bound to one action is not handed out for another, or for none', async () => {
  const { authorizationDetails } = approvalOf(toBob)
  await flow.settled()
  flow.stepUp([scope], approvalOf(toBob))
  await typeCode()
  expect(flow.takeElevatedToken(scope)).toBeNull()
  const other = approvalOf(toEve).authorizationDetails
  expect(flow.takeElevatedToken({ scopes: [scope], authorizationDetails: other })).toBeNull()
  expect(flow.takeElevatedToken({ scopes: [scope], authorizationDetails })).toMatch(/^ey/)
  expect(flow.takeElevatedToken({ scopes: [scope], authorizationDetails })).toBeNull()
})

it('an elevation that covers the scope does not replace an approval', async () => {
  await flow.settled()
  flow.stepUp([scope])
  await typeCode()
  expect(flow.getView().state).toBe('elevated')
  const answer = pay(toBob)
  expect((await prompted()).reason).toBe('Send €100.00 to Bob')
  await typeCode()
  expect((await answer).status).toBe(200)
  expect(flow.takeElevatedToken(scope)).toMatch(/^ey/) // which lasts beside it
})

it('a request without an approval gets the rejection that names what is missing', async () => {
  const answer = pay(toBob, {})
  await prompted()
  await typeCode()
  const refused = await answer
  expect(refused.status).toBe(401)
  expect(await refused.text()).toContain('authorizationDetails')
  expect(paid).toEqual([])
})

it('a prompt with a reason continues after a reload, and a prompt bound to an action does not', async () => {
  await flow.settled()
  flow.stepUp([scope], { reason: 'Look at your payments' })
  expect(JSON.parse(JSON.stringify(flow.persist())).resumable.intent.reason).toBe('Look at your payments')
  flow.cancel()
  await flow.settled()
  flow.stepUp([scope], approvalOf(toBob))
  expect(flow.getView().showsCodeField).toBe(true)
  expect(flow.persist().resumable).toBeNull()
})

it('the reason disappears with its prompt', async () => {
  await flow.settled()
  flow.stepUp([scope], { reason: 'Send €1 to Bob' })
  flow.cancel()
  await flow.settled()
  flow.stepUp([scope])
  expect(flow.getView().reason).toBeNull()
})

it.each<[string, unknown]>([
  ['no list', { type: 'payment' }],
  ['none', []],
  ['one without a type', [{ amount: '1' }]],
  ['a BigInt', [{ type: 'payment', amount: 1n }]],
  [
    'a circle',
    [Object.assign({ type: 'payment' }, { self: {} as unknown })].map((one) =>
      Object.assign(one, { self: one }),
    ),
  ],
  ['null', null],
])(
  'authorization details that are %s are refused before a code is asked for',
  async (_, authorizationDetails) => {
    await flow.settled()
    flow.stepUp([scope])
    await typeCode()
    for (const _again of ['while elevated', 'in idle']) {
      flow.stepUp([scope], { authorizationDetails: authorizationDetails as never })
      expect(flow.getView().error?.code).toBe('bad_request')
      expect(flow.getView().showsCodeField).toBe(false)
      const sent = pay(toBob, { approval: { authorizationDetails: authorizationDetails as never } })
      await expect(sent).rejects.toMatchObject({ code: 'bad_request' })
      flow.release()
      await flow.settled()
    }
  },
)

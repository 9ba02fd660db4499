import { Sealed } from 'totp-flow'
import { createSteppedUpFetch, type SteppedUp, type StepUpRequest } from 'totp-flow/oidc'
import { beforeEach, expect, it, vi } from 'vitest'

const API = 'https://api.example.com'
const CHALLENGE =
  'Bearer error="insufficient_user_authentication", acr_values="urn:a urn:b", max_age="60", scope="pay"'

let sent: { url: string; token: string | null; body: string }[]
let good: string
let challenge: string

const api: typeof fetch = async (input, init) => {
  const request = new Request(input, init)
  const token = request.headers.get('authorization')
  sent.push({ url: request.url, token, body: await request.text() })
  return token === `Bearer ${good}`
    ? new Response('done')
    : new Response('', { status: 401, headers: { 'www-authenticate': challenge } })
}
const won = (accessToken: string, expiresAt?: number): SteppedUp => ({
  tokens: Sealed.of({ accessToken }),
  claims: { sub: 'ann' },
  returnTo: API,
  ...(expiresAt !== undefined && { expiresAt }),
})
const stepUp = vi.fn<(asked: StepUpRequest, options: { signal: AbortSignal }) => Promise<SteppedUp>>()
const options = { origins: [API], fetch: api, getAccessToken: () => 'old' }

beforeEach(() => {
  sent = []
  good = 'new'
  challenge = CHALLENGE
  stepUp.mockReset().mockImplementation(async () => won('new'))
})

it('a challenge is answered with all that it asks for, and the request goes again with its body', async () => {
  const fetch = createSteppedUpFetch(stepUp, options)
  const response = await fetch(`${API}/pay`, { method: 'POST', body: '€100' })
  expect(await response.text()).toBe('done')
  expect(stepUp.mock.calls[0]?.[0]).toEqual({ acrValues: ['urn:a', 'urn:b'], maxAge: 60, scopes: ['pay'] })
  expect(sent).toEqual([
    { url: `${API}/pay`, token: 'Bearer old', body: '€100' },
    { url: `${API}/pay`, token: 'Bearer new', body: '€100' },
  ])
})

it('a challenge for scopes alone is answered, however an API names its scopes', async () => {
  challenge =
    'Bearer error="insufficient_user_authentication", scope="payments https://api.example.com/write"'
  const fetch = createSteppedUpFetch(stepUp, options)
  expect(await (await fetch(API)).text()).toBe('done')
  expect(stepUp.mock.calls[0]?.[0]).toEqual({ scopes: ['payments', 'https://api.example.com/write'] })
})

it('requests that are challenged at once need one step-up', async () => {
  const fetch = createSteppedUpFetch(stepUp, options)
  const answers = await Promise.all([1, 2, 3].map((n) => fetch(`${API}/${n}`)))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(stepUp).toHaveBeenCalledOnce()
})

it('a request is answered by one step-up at most, and a refusal after it is the answer', async () => {
  good = 'never'
  const fetch = createSteppedUpFetch(stepUp, options)
  expect((await fetch(API)).status).toBe(401)
  expect(stepUp).toHaveBeenCalledOnce()
})

it('a step-up that fails rejects its request, and the next request asks again', async () => {
  stepUp.mockRejectedValueOnce(new Error('no'))
  const fetch = createSteppedUpFetch(stepUp, options)
  await expect(fetch(API)).rejects.toThrow('no')
  expect((await fetch(API)).status).toBe(200)
})

it('a token that is over is not sent', async () => {
  const fetch = createSteppedUpFetch(stepUp, { ...options, initial: won('over', Date.now() - 1) })
  await fetch(API)
  expect(sent.map(({ token }) => token)).toEqual(['Bearer old', 'Bearer new'])
})

it('what a redirect won is sent from the start', async () => {
  const fetch = createSteppedUpFetch(stepUp, { ...options, initial: won('new') })
  await fetch(API)
  expect(sent.map(({ token }) => token)).toEqual(['Bearer new'])
  expect(stepUp).not.toHaveBeenCalled()
})

it.each(['https://evil.example/', 'https://api.example.com.evil.example/', 'http://api.example.com/'])(
  '%s gets no token, and cannot ask for a step-up',
  async (url) => {
    const response = await createSteppedUpFetch(stepUp, options)(url)
    expect(response.status).toBe(401)
    expect(sent.map(({ token }) => token)).toEqual([null])
    expect(stepUp).not.toHaveBeenCalled()
  },
)

it('a place that a listed API redirected to cannot ask for a step-up', async () => {
  const redirected: typeof fetch = async (input, init) =>
    Object.defineProperty(await api(input, init), 'url', { value: 'https://evil.example/' })
  const fetch = createSteppedUpFetch(stepUp, { ...options, fetch: redirected })
  expect((await fetch(API)).status).toBe(401)
  expect(stepUp).not.toHaveBeenCalled()
})

it.each(['Bearer error="invalid_token"', 'Bearer', 'Bearer error="insufficient_user_authentication"'])(
  'the challenge %s is the answer as it is',
  async (header) => {
    challenge = header
    expect((await createSteppedUpFetch(stepUp, options)(API)).status).toBe(401)
    expect(stepUp).not.toHaveBeenCalled()
  },
)

it('a request that is aborted while another is stepped up leaves the queue', async () => {
  let confirm = () => {}
  stepUp.mockImplementation(
    () =>
      new Promise((resolve) => {
        confirm = () => resolve(won('new'))
      }),
  )
  const fetch = createSteppedUpFetch(stepUp, options)
  const leaving = new AbortController()
  const first = fetch(`${API}/1`)
  await vi.waitUntil(() => stepUp.mock.calls.length === 1)
  const second = fetch(`${API}/2`, { signal: leaving.signal })
  await vi.waitUntil(() => sent.length === 2)
  leaving.abort()
  await expect(second).rejects.toMatchObject({ code: 'aborted' })
  confirm()
  expect((await first).status).toBe(200)
  expect(stepUp).toHaveBeenCalledOnce()
})

it.each([{ origins: [] }, { origins: [`${API}/path`] }, { origins: ['*'] }, { origins: [API], origin: API }])(
  'the options %j are refused',
  (wrong) => {
    expect(() => createSteppedUpFetch(stepUp, wrong)).toThrow(TypeError)
  },
)

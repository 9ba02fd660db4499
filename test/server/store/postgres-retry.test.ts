import { afterEach, expect, it, vi } from 'vitest'
import { markUndone, retryOnPostgres } from '../../../src/server/store/postgres-retry.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const failing = (times: number, code: string, message = 'the database said so') => {
  let calls = 0
  return {
    calls: () => calls,
    work: async () => {
      calls++
      if (calls <= times) throw Object.assign(new Error(message), { code })
      return 'done'
    },
  }
}

it.each([
  '40001',
  '40P01',
  '57P03',
  '53300',
  '25006',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
])('%s was certainly not executed, so it is retried', async (code) => {
  const { work, calls } = failing(3, code)
  expect(await retryOnPostgres(false, work)).toBe('done')
  expect(calls()).toBe(4)
})

it.each(['57P01', '57P02', '57P05', '08000', '08001', '08003', '08006', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])(
  '%s may have been executed: only a repeatable call is retried',
  async (code) => {
    const once = failing(1, code)
    await expect(retryOnPostgres(false, once.work)).rejects.toMatchObject({
      code: 'server',
      status: 503,
      retryable: true,
    })
    expect(once.calls()).toBe(1)
    const repeatable = failing(2, code)
    expect(await retryOnPostgres(true, repeatable.work)).toBe('done')
  },
)

it.each([
  ['40003', 500],
  ['08P01', 500],
  ['23505', 500],
  ['42501', 503],
  ['57014', 503],
  ['55P03', 503],
  ['53100', 503],
  ['53200', 503],
  ['58030', 503],
  ['28P01', 503],
  ['CERT_HAS_EXPIRED', 503],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 503],
])('%s is never retried, and is answered with %i', async (code, status) => {
  const { work, calls } = failing(1, code)
  await expect(retryOnPostgres(true, work)).rejects.toMatchObject({ code: 'server', status })
  expect(calls()).toBe(1)
})

/** As `pg` gives it: PostgreSQL names its routine, PgBouncer has none. */
const violation = (message: string, routine?: string) =>
  Object.assign(new Error(message), { code: '08P01', severity: 'FATAL', routine })
const failingOnce = (error: Error) => {
  let calls = 0
  const work = async () => {
    if (calls++ === 0) throw error
    return 'done'
  }
  return { work, calls: () => calls }
}

it.each([
  'server login has been failing, try again later (server_login_retry)',
  'no more connections allowed (max_client_conn)',
  'database "totp_flow" is disabled',
  'query_wait_timeout',
  'client_login_timeout',
  'client_login_timeout (server down)',
  'pgbouncer cannot connect to server',
  'the database system is shutting down',
  'pgbouncer is shutting down',
])('a pooler that says “%s” never passed the call on, so it is retried', async (message) => {
  const { work, calls } = failingOnce(violation(message))
  expect(await retryOnPostgres(false, work)).toBe('done')
  expect(calls()).toBe(2)
})

it.each([
  'server conn crashed?',
  'query timeout',
  'idle transaction timeout',
  'server connection closed',
  'server_lifetime',
  'client_idle_timeout',
])(
  'a pooler that says “%s” may have passed the call on: only a repeatable one is retried',
  async (message) => {
    const once = failingOnce(violation(message))
    await expect(retryOnPostgres(false, once.work)).rejects.toMatchObject({ code: 'server', status: 503 })
    expect(once.calls()).toBe(1)
    expect(await retryOnPostgres(true, failingOnce(violation(message)).work)).toBe('done')
    const begun = violation(message)
    markUndone(begun)
    expect(await retryOnPostgres(false, failingOnce(begun).work)).toBe('done')
  },
)

it.each([
  ['invalid frontend message type 9', 'SocketBackend', 500],
  ['server conn crashed?', 'exec_bind_message', 500],
  ['broken client packet', undefined, 500],
  ['unsupported startup parameter: statement_timeout', undefined, 500],
  ['no such database: totp_flow', undefined, 500],
  ['password authentication failed', undefined, 503],
  ['SASL authentication failed', undefined, 503],
  ['no such user: ann', undefined, 503],
])(
  '“%s” under 08P01 by the routine %s is never retried, and is answered with %i',
  async (message, routine, status) => {
    const { work, calls } = failingOnce(violation(message, routine))
    await expect(retryOnPostgres(true, work)).rejects.toMatchObject({ code: 'server', status })
    expect(calls()).toBe(1)
  },
)

it('retrying ends after a few seconds with a typed error that quotes nothing', async () => {
  const { work } = failing(100, '40001', 'value "123456" conflicts')
  const error: unknown = await retryOnPostgres(false, work).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'server', retryable: true })
  expect(JSON.stringify(error) + String(error)).not.toContain('123456')
})

it.each([
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'Query read timeout',
])(
  '“%s”, which comes without a code, may have been executed: only a repeatable call is retried',
  async (message) => {
    const once = failing(1, '', message)
    await expect(retryOnPostgres(false, once.work)).rejects.toMatchObject({ code: 'server' })
    expect(once.calls()).toBe(1)
    const repeatable = failing(2, '', message)
    expect(await retryOnPostgres(true, repeatable.work)).toBe('done')
  },
)

it.each([
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
])('“%s” was never sent, so it is retried', async (message) => {
  const { work, calls } = failing(2, '', message)
  expect(await retryOnPostgres(false, work)).toBe('done')
  expect(calls()).toBe(3)
})

it('a call that broke before its commit was sent was certainly not executed, so it is retried', async () => {
  const error = Object.assign(new Error('cut'), { code: '57P01' })
  markUndone(error)
  let calls = 0
  const work = async () => {
    if (calls++ === 0) throw error
    return 'done'
  }
  expect(await retryOnPostgres(false, work)).toBe('done')
})

it.each([0, 0.5, 0.999])(
  'retrying outlasts a restart or a switchover of four seconds, and gives up on a database that stays away, with jitter of %d',
  async (jitter) => {
    vi.useFakeTimers()
    vi.spyOn(Math, 'random').mockReturnValue(jitter)
    const began = performance.now()
    const takes = (ms: number) => async () => {
      if (performance.now() - began < ms) throw Object.assign(new Error('starting up'), { code: '57P03' })
      return 'done'
    }
    const gone = failing(1000, '57P03')
    const outcomes = Promise.allSettled([
      retryOnPostgres(false, takes(4000)),
      retryOnPostgres(false, takes(4999)),
      retryOnPostgres(false, gone.work),
    ])
    await vi.advanceTimersByTimeAsync(5010)
    expect(await outcomes).toMatchObject([
      { status: 'fulfilled' },
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'server', status: 503 } },
    ])
    expect(gone.calls()).toBeLessThan(20)
  },
)

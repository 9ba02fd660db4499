import { expect, it } from 'vitest'
import { retryOnPostgres } from '../../../src/server/store/postgres-retry.ts'

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

it.each(['40001', '40P01', '57P03', '53300', 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'])(
  '%s was certainly not executed, so it is retried',
  async (code) => {
    const { work, calls } = failing(3, code)
    expect(await retryOnPostgres(false, work)).toBe('done')
    expect(calls()).toBe(4)
  },
)

it.each(['57P01', '57P02', '08000', '08003', '08006', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])(
  '%s may have been executed: only a repeatable call is retried',
  async (code) => {
    const once = failing(1, code)
    await expect(retryOnPostgres(false, once.work)).rejects.toMatchObject({ code: 'server', retryable: true })
    expect(once.calls()).toBe(1)
    const repeatable = failing(2, code)
    expect(await retryOnPostgres(true, repeatable.work)).toBe('done')
  },
)

it.each(['40003', '57014', '55P03', '23505'])('%s is never retried', async (code) => {
  const { work, calls } = failing(1, code)
  await expect(retryOnPostgres(true, work)).rejects.toMatchObject({ code: 'server' })
  expect(calls()).toBe(1)
})

it('retrying ends after a few seconds with a typed error that quotes nothing', async () => {
  const { work } = failing(100, '40001', 'value "123456" conflicts')
  const error: unknown = await retryOnPostgres(false, work).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'server', retryable: true })
  expect(JSON.stringify(error) + String(error)).not.toContain('123456')
})

it.each([
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'Client has encountered a connection error and is not queryable',
  'The client is not queryable',
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

it('retrying outlasts a database’s restart of a second, and gives up on one that stays away', async () => {
  const restarting = failing(5, '57P03')
  expect(await retryOnPostgres(false, restarting.work)).toBe('done')
  const gone = failing(6, '57P03')
  await expect(retryOnPostgres(false, gone.work)).rejects.toMatchObject({ code: 'server' })
  expect(gone.calls()).toBe(6)
})

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

it.each(['40001', '40P01', '57P03', 'ECONNREFUSED'])(
  '%s was certainly not done, so it is done again',
  async (code) => {
    const { work, calls } = failing(3, code)
    expect(await retryOnPostgres(false, work)).toBe('done')
    expect(calls()).toBe(4)
  },
)

it.each(['57P01', 'ECONNRESET', '08006'])(
  '%s may have been done: only what is repeatable is',
  async (code) => {
    const once = failing(1, code)
    await expect(retryOnPostgres(false, once.work)).rejects.toMatchObject({ code: 'server', retryable: true })
    expect(once.calls()).toBe(1)
    const repeatable = failing(2, code)
    expect(await retryOnPostgres(true, repeatable.work)).toBe('done')
  },
)

it.each(['40003', '57014', '55P03', '23505'])('%s is never done again', async (code) => {
  const { work, calls } = failing(1, code)
  await expect(retryOnPostgres(true, work)).rejects.toMatchObject({ code: 'server' })
  expect(calls()).toBe(1)
})

it('gives up after a few seconds with a typed error that quotes nothing', async () => {
  const { work } = failing(100, '40001', 'value "123456" conflicts')
  const error: unknown = await retryOnPostgres(false, work).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'server', retryable: true })
  expect(JSON.stringify(error) + String(error)).not.toContain('123456')
})

import { afterEach, expect, it, vi } from 'vitest'
import { TotpFlowError } from '../../../src/contract/errors.ts'
import { Sealed } from '../../../src/contract/sealed.ts'
import { sqliteStore } from '../../../src/server/store/sqlite.ts'

afterEach(() => vi.restoreAllMocks())

it.each([
  ['knows no module of that name', () => undefined],
  [
    'throws at a module that it does not know',
    () => {
      throw new TypeError('No such built-in module')
    },
  ],
])(
  'a runtime that %s gets an error that names the runtimes with SQLite, and the alternative',
  async (_, find) => {
    vi.spyOn(process, 'getBuiltinModule').mockImplementation(find)
    const store = sqliteStore({ path: ':memory:' })
    const failed = await store.prepare().catch((error: unknown) => error)
    expect(
      failed instanceof TotpFlowError && failed.cause instanceof Sealed && failed.cause.unseal(),
    ).toMatchObject({
      message: expect.stringMatching(/no node:sqlite.*Node 22\.13, Bun 1\.4, Deno 2\.5.*PostgreSQL/),
    })
  },
)

import { MysqlDialect } from 'kysely'
import { expect, it } from 'vitest'
import { sqlStore } from '../../../src/server/store/sql-store.ts'

it('a dialect whose statements return no rows is refused at once, by name', () => {
  const pool = () => Promise.reject(new Error('never asked'))
  expect(() => sqlStore(new MysqlDialect({ pool }))).toThrow(
    'sqlStore takes a dialect of SQLite or PostgreSQL',
  )
})

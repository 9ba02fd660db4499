import type { DatabaseSync, DatabaseSyncOptions } from 'node:sqlite'

/** Found when it is needed, so that a runtime without `node:sqlite` can run all else. */
export function openSqlite(path: string, options: DatabaseSyncOptions): DatabaseSync {
  const sqlite = moduleOf()
  if (!sqlite) {
    throw new TypeError(
      'This runtime has no node:sqlite. Run a newer one (Node 22.13, Bun 1.4, Deno 2.5), or use PostgreSQL.',
    )
  }
  return new sqlite.DatabaseSync(path, options)
}

function moduleOf() {
  try {
    return process.getBuiltinModule('node:sqlite')
  } catch {
    return undefined
  }
}

import type { DatabaseSync, DatabaseSyncOptions } from 'node:sqlite'

/** Loads the module on first use, so that everything else runs on runtimes without `node:sqlite`. */
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

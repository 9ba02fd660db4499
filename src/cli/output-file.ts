import { existsSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { filePath, StartError, sqlitePathOf } from '../server/node/index.ts'
import { UsageError, type Values } from './command.ts'
import { databaseOf, keyFileOf } from './common.ts'

/** Resolves the file to write; rejects the files of the server, under any name or link. */
export function outputFile(values: Values, given: string): string {
  const file = filePath(given, 'FILE')
  const path = sqlitePathOf(databaseOf(values))
  const isKept = path !== undefined && path !== ':memory:'
  const ours = isKept ? ['', '-wal', '-shm'].map((ending) => `${path}${ending}`) : []
  if (ours.some((one) => isSameFile(one, file)))
    throw new UsageError('FILE is the database itself. Name another one.')
  const key = keyFileOf(values, join(isKept ? dirname(path) : './data', 'master.key'))
  if (key !== null && isSameFile(key, file))
    throw new UsageError('FILE is the master key file. Name another one.')
  if (existsSync(file) && (values.force !== true || !statSync(file).isFile()))
    throw new StartError(`${file} exists already. Name another file, or give --force to replace it.`)
  if (!existsSync(dirname(file))) throw new StartError(`There is no folder ${dirname(file)}. Make it first.`)
  return file
}

/** Compares paths and, if both files exist, inodes: a hard link has its own path. */
function isSameFile(one: string, other: string): boolean {
  if (placeOf(one) === placeOf(other)) return true
  const [first, second] = [one, other].map((file) => statSync(file, { throwIfNoEntry: false, bigint: true }))
  return first !== undefined && second !== undefined && first.dev === second.dev && first.ino === second.ino
}

function placeOf(file: string): string {
  if (existsSync(file)) return realpathSync(file)
  return existsSync(dirname(file)) ? join(realpathSync(dirname(file)), basename(file)) : file
}

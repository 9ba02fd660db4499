import { existsSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { filePath, StartError, sqlitePathOf } from '../server/node/index.ts'
import { UsageError, type Values } from './command.ts'
import { databaseOf, keyFileOf } from './common.ts'

/** The file that a command is to write: never one that the server lives on, whatever name or link leads to it. */
export function outputFile(values: Values, given: string): string {
  const file = filePath(given, 'FILE')
  const path = sqlitePathOf(databaseOf(values))
  const isKept = path !== undefined && path !== ':memory:'
  const ours = isKept ? ['', '-wal', '-shm'].map((ending) => `${path}${ending}`) : []
  if (ours.some((one) => isSameFile(one, file)))
    throw new UsageError('FILE is the database itself. Name another one.')
  const key = keyFileOf(values, join(isKept ? dirname(path) : './data', 'master.key'))
  if (key !== null && isSameFile(key, file))
    throw new UsageError('FILE is the file of the master key. Name another one.')
  if (existsSync(file) && (values.force !== true || !statSync(file).isFile()))
    throw new StartError(`${file} is there already. Name another file, or give --force to replace it.`)
  if (!existsSync(dirname(file))) throw new StartError(`There is no folder ${dirname(file)}. Make it first.`)
  return file
}

/** By their place, and where both are there, by what they are: a hard link has a place of its own. */
function isSameFile(one: string, other: string): boolean {
  if (placeOf(one) === placeOf(other)) return true
  const [first, second] = [one, other].map((file) => statSync(file, { throwIfNoEntry: false, bigint: true }))
  return first !== undefined && second !== undefined && first.dev === second.dev && first.ino === second.ino
}

function placeOf(file: string): string {
  if (existsSync(file)) return realpathSync(file)
  return existsSync(dirname(file)) ? join(realpathSync(dirname(file)), basename(file)) : file
}

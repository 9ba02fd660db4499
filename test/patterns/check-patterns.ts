import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Found, findPatterns } from './find-patterns.ts'
import { judgePattern } from './judge-pattern.ts'

/** A regular expression that is allowed although it is not linear, or not known before run time. */
export interface Exception {
  file: string
  /** As it stands in the source. */
  code: string
  /** What bounds its input. */
  because: string
}

const READ = /\.(?:[cm]?[jt]sx?|html|vue|svelte)$/

/** How many regular expressions the folders have, and a sentence for each that is not linear, and for each idle exception. */
export function checkPatterns(
  folders: readonly string[],
  exceptions: readonly Exception[],
): { count: number; complaints: string[] } {
  const found = folders.flatMap(patternsBelow)
  const complaints = found.flatMap((each) => {
    const wrong = whatIsWrong(each)
    return wrong === undefined ? [] : [{ ...each, wrong }]
  })
  const isMeant = (each: Found) => (exception: Exception) =>
    exception.file === each.file && exception.code === each.code
  return {
    count: found.length,
    complaints: [
      ...complaints
        .filter((each) => !exceptions.some(isMeant(each)))
        .map(({ file, code, wrong }) => `${file}: ${code} ${wrong}.`),
      ...exceptions
        .filter((exception) => !complaints.some((each) => isMeant(each)(exception)))
        .map(({ file, code }) => `${file}: ${code} needs no exception.`),
    ],
  }
}

const patternsBelow = (folder: string): Found[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => READ.test(name) && !/(?:^|\/)(?:node_modules|dist|test)\//.test(name))
        .map((name) => join(folder, name))
        .flatMap((file) => findPatterns(file, readFileSync(file, 'utf8')))
    : []

function whatIsWrong({ pattern, flags }: Found): string | undefined {
  if (pattern === undefined) return 'is put together at run time: its time cannot be judged'
  const complexity = judgePattern(pattern, flags)
  return complexity && `takes more than linear time (${complexity})`
}

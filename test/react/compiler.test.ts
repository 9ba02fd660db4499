import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { transformSync } from '@babel/core'
import compiler from 'babel-plugin-react-compiler'
import { expect, it } from 'vitest'

const FOLDER = 'src/react'
const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.tsx?$/.test(name),
)

/** What React Compiler says of each component and hook in a file. */
function verdicts(file: string) {
  const found: { file: string; kind: string; name: string; why: string }[] = []
  const logger = {
    logEvent(_file: string, event: { kind: string; fnName?: string | null; detail?: unknown }) {
      found.push({
        file,
        kind: event.kind,
        name: event.fnName ?? '',
        why: JSON.stringify(event.detail ?? null),
      })
    },
  }
  transformSync(readFileSync(file, 'utf8'), {
    filename: file,
    configFile: false,
    babelrc: false,
    parserOpts: { plugins: ['typescript', 'jsx'] },
    plugins: [[compiler, { panicThreshold: 'none', logger }]],
  })
  return found
}

it('React Compiler compiles every component and hook, and gives up on none', () => {
  const all = files.flatMap((name) => verdicts(join(FOLDER, name)))
  expect(all.filter(({ kind }) => kind !== 'CompileSuccess')).toEqual([])
  const names = all.map(({ name }) => name)
  for (const name of ['DeviceCard', 'CodeField', 'Codes', 'StepUpDialog', 'useStepUp', 'useTotpFlow']) {
    expect(names).toContain(name)
  }
})

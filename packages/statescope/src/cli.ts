#!/usr/bin/env node
/** The command `statescope`. Exit codes: 0 success, 1 failure, 2 invalid command line. */

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major > 22 || (major === 22 && minor >= 13)) {
  await run()
} else {
  process.stderr.write(`statescope needs Node 22.13 or later; this is ${process.version}. Update it.\n`)
  process.exitCode = 1
}

/** Loads the rest only now, since an older Node could not parse it. */
async function run(): Promise<void> {
  const { main, UsageError } = await import('./cli/main.ts')
  try {
    await main(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    if (process.env.DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`)
    process.exitCode = error instanceof UsageError ? 2 : 1
  }
  for (const stream of [process.stdout, process.stderr])
    await new Promise<unknown>((resolve) => stream.write('', resolve))
  process.exit() // even if the drawn module leaves something running
}

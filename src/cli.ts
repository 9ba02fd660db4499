#!/usr/bin/env node
/** The bin `totp-flow`. Exit codes: 0 done, 1 failed, 2 usage error. */

import { inspect } from 'node:util'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major > 22 || (major === 22 && minor >= 13)) {
  await run()
} else {
  process.stderr.write(`totp-flow needs Node 22.13 or later; this is ${process.version}. Update it.\n`)
  process.exitCode = 1
}

/** Imports the rest only here: an older Node could not even parse it. */
async function run(): Promise<void> {
  const [{ main }, { UsageError }, { withoutUrls }] = await Promise.all([
    import('./cli/main.ts'),
    import('./cli/command.ts'),
    import('./server/node/without-urls.ts'),
  ])
  process.stderr.on('error', () => {}) // a full disk or a closed pipe must not stop a server
  try {
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    // One line that says what to do; the stack is shown if DEBUG is set.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    if (process.env.DEBUG) process.stderr.write(`${withoutUrls(inspect(error))}\n`)
    process.exitCode = error instanceof UsageError ? 2 : 1
  }
}

import type { Reporter, TestModule } from 'vitest/node'

/**
 * Ends the run with one plain line, `N passed, N failed`, for programs that read logs. Tests that were skipped are named in
 * the lines before it. Those that should have run and did not are failures.
 */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const skipped = tests.filter(({ options }) => options.mode === 'skip')
    const states = tests.filter((test) => !skipped.includes(test)).map((test) => test.result().state)
    const broken = modules.filter((module) => module.children.size === 0 || module.errors().length > 0).length
    const passed = states.filter((state) => state === 'passed').length
    const failed = states.filter((state) => state !== 'passed').length + broken + errors.length
    // After Vitest's own summary, which is written as the run ends; and whatever a library's exit hooks made of the code.
    process.once('exit', () => {
      for (const { fullName } of skipped) console.log(`skipped: ${fullName}`)
      console.log(`${passed} passed, ${failed} failed`)
      if (failed > 0) process.exitCode = 1
    })
  }
}

import type { Reporter, TestModule } from 'vitest/node'

/** Ends the run with one plain line, `N passed, N failed`, for whoever reads logs by machine. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const states = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => test.result().state),
    )
    const broken = modules.filter((module) => module.children.size === 0 || module.errors().length > 0).length
    const passed = states.filter((state) => state === 'passed').length
    const failed = states.filter((state) => state !== 'passed').length + broken + errors.length
    // After Vitest's own summary, which is written as the run ends; and whatever a library's exit hooks made of the code.
    process.once('exit', () => {
      console.log(`${passed} passed, ${failed} failed`)
      if (failed > 0) process.exitCode = 1
    })
  }
}

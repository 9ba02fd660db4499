import fc from 'fast-check'

/** The random tests are cut short, and do not look for a smaller example: that they fail is all that is asked. */
fc.configureGlobal({ seed: 1, endOnFailure: true, interruptAfterTimeLimit: 3_000 })

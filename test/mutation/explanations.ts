const CHART = 'machines/totp.machine.ts'
const ACTORS = 'src/flow/actors.ts'
const RECOVERY = 'src/flow/recovery-calls.ts'
const VIEW = 'src/flow/view.ts'
const TABS = 'src/flow/tabs.ts'
const FLOW = 'src/flow/create-totp-flow.ts'

/** Mutants that no test kills, and why that is no gap. One that is killed after all, or is gone, must leave this list. */
export const explanations: readonly { reason: string; mutants: readonly string[] }[] = [
  {
    reason: `A machine that begins in \`elevated\` finds no right there, and is in \`idle\` before anyone can look.`,
    mutants: [`${CHART}: anywhere: begins in elevated`],
  },
  {
    reason: `Where there is nothing to forget, forgetting it changes nothing, and costs a copy of the context.`,
    mutants: [
      `${CHART}: if (context.error !== null) enqueue.assign({ error: null }) → if (true) enqueue.assign({ error: null })`,
      `${CHART}: if (context.error !== null) enqueue.assign({ error: null }) → if (context.error !== undefined) enqueue.assign({ error: null })`,
      `${CHART}: if (given.context.retryAt !== null && !isThrottled(given)) enqueue.assign({ retryAt: null }) → if (!isThrottled(given)) enqueue.assign({ retryAt: null })`,
      `${CHART}: if (given.context.retryAt !== null && !isThrottled(given)) enqueue.assign({ retryAt: null }) → if (true && !isThrottled(given)) enqueue.assign({ retryAt: null })`,
      `${CHART}: if (given.context.retryAt !== null && !isThrottled(given)) enqueue.assign({ retryAt: null }) → if (given.context.retryAt !== undefined && !isThrottled(given)) enqueue.assign({ retryAt: null })`,
    ],
  },
  {
    reason: `There is a device wherever this is asked, and no text stands in for its id: the types cannot know that.`,
    mutants: [
      `${CHART}: announceDeleted: emit(({ context }) => ({ type: 'deleted', deviceId: context.device?.id ?? '' })), → announceDeleted: emit(({ context }) => ({ type: 'deleted', deviceId: context.device?.id ?? 'x' })),`,
      `${CHART}: return { deviceId: device?.id ?? '', elevation, mfaToken } → return { deviceId: device?.id ?? 'x', elevation, mfaToken }`,
      `${RECOVERY}: const deviceId = context().device?.id ?? '' → const deviceId = context().device?.id ?? 'x'`,
    ],
  },
  {
    reason: `Whether a recovery code can be sent is not a matter of its text.`,
    mutants: [`${VIEW}: const NO_CODE = Sealed.of('') → const NO_CODE = Sealed.of('x')`],
  },
  {
    reason: `Nothing is told until something was known, and the first look sets both anew.`,
    mutants: [
      `${TABS}: let isTold = false → let isTold = true`,
      `${TABS}: let mayHaveChanged = false → let mayHaveChanged = true`,
    ],
  },
  {
    reason: `The words for whoever starts the machine with nothing connected: it fails with or without them.`,
    mutants: [
      `${ACTORS}: if (!ports) throw new Error('connect() the system before its flow starts') → if (!ports) throw new Error('')`,
    ],
  },
  {
    reason: `No other tabs are none by either name.`,
    mutants: [
      `${FLOW}: const otherTabs = channel ? joinTabs(channel, send) : undefined → const otherTabs = channel ? joinTabs(channel, send) : null`,
    ],
  },
]

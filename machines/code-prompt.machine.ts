import { assertEvent, assign, enqueueActions, setup } from 'xstate'
import type { TimeSource } from '../src/contract/clock.ts'
import { isCode, normalizeCode } from '../src/contract/code.ts'
import { type TotpErrorCode, TotpFlowError } from '../src/contract/errors.ts'
import { UNLINK_SCOPE } from '../src/contract/scopes.ts'

/** Where the code comes from: the authenticator app, or the list of recovery codes. */
export type CodeMethod = 'app' | 'recovery'

/** The part of a `TotpView` that the prompt needs. */
export interface AskingView {
  showsCodeField: boolean
  busy: boolean
  detail: string | null
  retryAt: number | null
  error: TotpFlowError | null
  /** What the code is for. A code for a removal is never submitted automatically. */
  intent: string
  requestedScopes: readonly string[]
}

export interface CodePromptContext {
  view: AskingView
  /** Whether a complete code of the app is submitted automatically. */
  autoSubmit: boolean
  method: CodeMethod
  /** The text as typed, or only the six digits of a pasted message. */
  typed: string
  /** The last code sent to the flow. */
  sent: string
  /** The method of the last code sent. */
  sentBy: CodeMethod | null
  /** How many codes were wrong since the prompt opened, counted up to the two after which help is shown. */
  wrongCodes: number
  /** The person submitted an empty field. */
  isEmpty: boolean
  /** A wait that the last code caused is over. */
  hasWaited: boolean
  /** Counts the messages about a code, because the same one may have to be announced again. */
  told: number
  /** The reason for a countdown, if the flow was canceled and restarted since. */
  wait: TotpFlowError
  time: TimeSource
}

const NOTHING = {
  method: 'app',
  typed: '',
  sent: '',
  sentBy: null,
  wrongCodes: 0,
  isEmpty: false,
  hasWaited: false,
} as const
/** One wrong code is a slip. */
const WRONG_CODES_FOR_HELP = 2

/** What became of the last code. */
export interface Verdict {
  /** The error of the last code of this method; `null` if there is none. */
  error: TotpFlowError | null
  /** The code itself was rejected: the next one replaces it. */
  isSpent: boolean
  /** A code is being checked. */
  busy: boolean
  /** The last code was rejected or led to a wait, and the next one may be typed over it. */
  isRefused: boolean
  /** The person submitted an empty field. */
  isEmpty: boolean
  /** Changes when the same message must be announced again. */
  told: number
  /** A code of the app was sent as a recovery code. */
  isAppCode: boolean
  /** The app's codes are repeatedly wrong: name the likely causes. */
  needsHelp: boolean
  /** A complete code is submitted automatically. */
  sendsItself: boolean
  /** Seconds until a code is accepted; 0 without a wait. */
  secondsLeft: number
}

export type CodePromptEvent =
  /** The flow's view changed, or is read for the first time. */
  | { type: 'flow.changed'; view: AskingView }
  /** What the field holds now. */
  | { type: 'code.type'; text: string }
  /** The button or the Enter key. */
  | { type: 'code.submit' }
  | { type: 'method.use'; method: CodeMethod }
  /** The prompt left the page. */
  | { type: 'prompt.leave' }

/** After these errors the same code stays wrong, and sending it again would cost an attempt. */
const FINAL: readonly TotpErrorCode[] = ['invalid_code', 'code_reused', 'malformed_code', 'bad_request']
/** After these errors the next code replaces this one. After others, such as a network error, it may still be right. */
const SPENT: readonly TotpErrorCode[] = [...FINAL, 'rate_limited', 'device_locked']

interface Given {
  context: CodePromptContext
}

const codeIn = ({ method, typed }: Pick<CodePromptContext, 'method' | 'typed'>) =>
  method === 'app' ? normalizeCode(typed) : typed.trim()

const isForRemoval = ({ intent, requestedScopes }: AskingView) =>
  intent === 'delete' || requestedScopes.includes(UNLINK_SCOPE)

const isFinal = (error: TotpFlowError | null) => error !== null && FINAL.includes(error.code)

/** Whether there is a code that was not already rejected. */
export function isWorthSending({ context }: Given): boolean {
  const { method, sent, sentBy, view } = context
  const code = codeIn(context)
  return code !== '' && !(code === sent && method === sentBy && isFinal(view.error))
}

/** What to show about the last code. */
export function verdictOf(context: CodePromptContext): Verdict {
  const { view, autoSubmit, method, sent, sentBy, wrongCodes, isEmpty, hasWaited, told, wait, time } = context
  const own = sentBy === null || sentBy === method ? view.error : null
  const isHeld = view.detail === 'throttled' && (method === 'app' || sentBy === 'recovery')
  const isSpent = own !== null && SPENT.includes(own.code)
  return {
    error: own ?? (isHeld ? wait : null),
    isSpent: isSpent || isEmpty,
    busy: view.busy,
    isRefused: (isSpent || hasWaited) && !view.busy && !isHeld && sent !== '' && codeIn(context) === sent,
    isEmpty,
    told,
    isAppCode: method === 'recovery' && isFinal(own) && isCode(normalizeCode(sent)),
    needsHelp: method === 'app' && wrongCodes === WRONG_CODES_FOR_HELP,
    sendsItself: autoSubmit && method === 'app' && !isForRemoval(view),
    secondsLeft: isHeld ? Math.max(1, Math.ceil(((view.retryAt ?? 0) - time.now()) / 1000)) : 0,
  }
}

const isHeld = ({ context }: Given) => verdictOf(context).secondsLeft > 0

/**
 * The behavior of a code field: sends a code to the flow once, and counts down a wait in parallel. Its context holds the typed
 * code unsealed, so show it to no inspector.
 */
export const codePromptMachine = setup({
  types: {} as {
    context: CodePromptContext
    events: CodePromptEvent
    emitted: { type: 'code.send'; method: CodeMethod; code: string }
    input: Pick<CodePromptContext, 'view' | 'autoSubmit' | 'time'>
  },
  guards: {
    isAsked: ({ context }) => context.view.showsCodeField,
    isLeft: ({ event }) => 'view' in event && !event.view.showsCodeField,
    isSixDigits: ({ context: { method }, event }) =>
      'text' in event && method === 'app' && isCode(normalizeCode(event.text)),
    maySend: (given) => isWorthSending(given) && !isHeld(given),
    /** Only once: after that, only the button sends the same code again. */
    maySendItself: ({ context }) =>
      verdictOf(context).sendsItself && context.view.detail === 'ready' && codeIn(context) !== context.sent,
    /** It would be submitted automatically if it had not been rejected already. */
    isKnownWrong: (given) =>
      verdictOf(given.context).sendsItself && given.context.view.detail === 'ready' && !isWorthSending(given),
    isHeld,
  },
  actions: {
    keepView: assign(({ context, event }) => {
      assertEvent(event, 'flow.changed')
      const { view } = event
      const isNew = view.error !== null && view.error !== context.view.error
      const isWrong = isNew && view.error?.code === 'invalid_code'
      const wrongCodes = context.wrongCodes + Number(isWrong && context.sentBy !== 'recovery')
      return {
        view,
        wrongCodes: Math.min(wrongCodes, WRONG_CODES_FOR_HELP),
        isEmpty: context.isEmpty && !isNew,
        hasWaited: context.hasWaited || (context.view.detail === 'throttled' && view.detail === 'ready'),
        told: context.told + Number(isNew),
      }
    }),
    keepTyped: assign(({ context, event }) => {
      assertEvent(event, 'code.type')
      const { text } = event
      const code = codeIn({ ...context, typed: text })
      // The field's pattern does not allow these characters.
      const isMessage = context.method === 'app' && isCode(code) && /[^\p{Nd}\s-]/u.test(text)
      return { typed: isMessage ? code : text }
    }),
    keepMethod: assign(({ event }) => {
      assertEvent(event, 'method.use')
      return { method: event.method, typed: '', isEmpty: false }
    }),
    refuse: assign(({ context }) => ({
      isEmpty: codeIn(context) === '',
      told: context.told + 1,
    })),
    send: enqueueActions(({ context, enqueue }) => {
      const { method } = context
      const code = codeIn(context)
      enqueue.assign({ sent: code, sentBy: method, isEmpty: false, hasWaited: false })
      enqueue.emit({ type: 'code.send', method, code })
    }),
    forget: assign(NOTHING),
  },
  delays: {
    /** Long enough to see the sixth digit and to press the button. */
    aMoment: 800,
    aSecond: 1000,
  },
}).createMachine({
  id: 'codePrompt',
  context: ({ input }) => ({
    ...input,
    ...NOTHING,
    told: 0,
    wait: new TotpFlowError('rate_limited'),
  }),
  type: 'parallel',
  states: {
    field: {
      initial: 'closed',
      on: {
        'flow.changed': [
          { guard: 'isLeft', target: '.closed', actions: 'keepView' },
          { actions: 'keepView' },
        ],
      },
      states: {
        closed: { entry: 'forget', always: { guard: 'isAsked', target: 'open' } },
        open: {
          initial: 'typing',
          on: {
            'code.type': [
              { guard: 'isSixDigits', target: '.complete', actions: 'keepTyped' },
              { target: '.typing', actions: 'keepTyped' },
            ],
            'code.submit': [
              { guard: 'maySend', target: '.typing', actions: 'send' },
              { target: '.typing', actions: 'refuse' },
            ],
            'method.use': { target: '.typing', actions: 'keepMethod' },
            'prompt.leave': '.typing',
          },
          states: {
            typing: {},
            complete: {
              after: {
                aMoment: [
                  { guard: 'maySendItself', target: 'typing', actions: 'send' },
                  { guard: 'isKnownWrong', target: 'typing', actions: 'refuse' },
                  { target: 'typing' },
                ],
              },
            },
          },
        },
      },
    },
    wait: {
      initial: 'over',
      on: { '*': '.over' }, // any event may start or end a wait
      states: {
        over: { always: { guard: 'isHeld', target: 'countingDown' } },
        countingDown: { after: { aSecond: 'over' } },
      },
    },
  },
})

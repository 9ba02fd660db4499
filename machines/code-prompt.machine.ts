import { assertEvent, assign, enqueueActions, setup } from 'xstate'
import type { TimeSource } from '../src/contract/clock.ts'
import { isCode, normalizeCode } from '../src/contract/code.ts'
import { type TotpErrorCode, TotpFlowError } from '../src/contract/errors.ts'
import { UNLINK_SCOPE } from '../src/contract/scopes.ts'

/** Where the code comes from: an authenticator app, or the list that is kept for when that is lost. */
export type CodeMethod = 'app' | 'recovery'

/** What the prompt goes by of the flow that asks for a code: a `TotpView` has it. */
export interface AskingView {
  showsCodeField: boolean
  busy: boolean
  detail: string | null
  retryAt: number | null
  error: TotpFlowError | null
  /** What the code is for: one for a removal is sent by a person alone. */
  intent: string
  requestedScopes: readonly string[]
}

export interface CodePromptContext {
  view: AskingView
  /** A code of the app may go by itself once it is complete. */
  autoSubmit: boolean
  method: CodeMethod
  /** As it was typed, or the six digits alone of what was pasted. */
  typed: string
  /** The last code that went to the flow, and of which method it was. */
  sent: string
  sentBy: CodeMethod | null
  /** How many codes were wrong since it opened, up to the two after which help is due. */
  wrongCodes: number
  /** There was no code to send when it was to be sent. */
  isEmpty: boolean
  /** A wait is over for which the last code was the reason. */
  hasWaited: boolean
  /** How often there was something to say of a code: the same may have to be said again. */
  told: number
  /** Why there is a countdown, where the flow has been left and begun again since. */
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
  /** Of the last code of this method; `null` when there is nothing to say. */
  error: TotpFlowError | null
  /** The error is about the code itself: the next one is to replace it. */
  isSpent: boolean
  /** A code is being checked. */
  busy: boolean
  /** The last code was found wrong or led to a wait, and the next one may be typed over it. */
  isRefused: boolean
  /** No code was typed when it was to be sent. */
  isEmpty: boolean
  /** Changes when the same is to be said once more. */
  told: number
  /** The error is that a code of the app was sent as a recovery code. */
  isAppCode: boolean
  /** Codes of the app are wrong again and again: say what the likely causes are. */
  needsHelp: boolean
  /** What is typed goes by itself once it is complete. */
  sendsItself: boolean
  /** Counts down while no code is taken; 0 when one is. */
  secondsLeft: number
}

export type CodePromptEvent =
  /** The flow moved on, or is looked at for the first time. */
  | { type: 'flow.changed'; view: AskingView }
  /** What the field holds now. */
  | { type: 'code.type'; text: string }
  /** The button or the Enter key. */
  | { type: 'code.submit' }
  | { type: 'method.use'; method: CodeMethod }
  /** Nobody looks any more. */
  | { type: 'prompt.leave' }

/** After these the same code cannot become right, and sending it again would cost a try. */
const FINAL: readonly TotpErrorCode[] = ['invalid_code', 'code_reused', 'malformed_code', 'bad_request']
/** After these the next code is to replace it. After others, as when no server was reached, it may still be right. */
const SPENT: readonly TotpErrorCode[] = [...FINAL, 'rate_limited', 'device_locked']

interface Given {
  context: CodePromptContext
}

const codeIn = ({ method, typed }: Pick<CodePromptContext, 'method' | 'typed'>) =>
  method === 'app' ? normalizeCode(typed) : typed.trim()

const isForRemoval = ({ intent, requestedScopes }: AskingView) =>
  intent === 'delete' || requestedScopes.includes(UNLINK_SCOPE)

const isFinal = (error: TotpFlowError | null) => error !== null && FINAL.includes(error.code)

/** There is a code to send, and it is not the one that was found wrong already. */
export function isWorthSending({ context }: Given): boolean {
  const { method, sent, sentBy, view } = context
  const code = codeIn(context)
  return code !== '' && !(code === sent && method === sentBy && isFinal(view.error))
}

/** What there is to say of the last code now. */
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
 * A code field's behavior: what is typed goes to the flow once, and a wait is counted down beside that. It holds what was
 * typed as it is, so show it to no inspector.
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
    /** Once: a press of the button alone sends the same code again. */
    maySendItself: ({ context }) =>
      verdictOf(context).sendsItself && context.view.detail === 'ready' && codeIn(context) !== context.sent,
    /** It would go by itself, had it not been found wrong already. */
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
      // What the field's pattern does not take.
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
    /** Long enough to see the sixth digit, and to press the button oneself. */
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
      on: { '*': '.over' }, // whatever happens may begin one, or end it
      states: {
        over: { always: { guard: 'isHeld', target: 'countingDown' } },
        countingDown: { after: { aSecond: 'over' } },
      },
    },
  },
})

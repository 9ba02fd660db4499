import { type ActorRefFrom, createActor, type InspectionEvent, type Observer } from 'xstate'
import type { totpMachine } from '../../machines/totp.machine.ts'
import type { TotpEmitted, TotpEvent } from '../../machines/totp.types.ts'
import type { AuthenticateParams, MfaTokenOptions, TotpBackend } from '../contract/backend.ts'
import { type FlowClock, TimeSource } from '../contract/clock.ts'
import { normalizeCode } from '../contract/code.ts'
import { covering } from '../contract/elevations.ts'
import { TotpFlowError } from '../contract/errors.ts'
import type { Scope } from '../contract/scopes.ts'
import { Sealed } from '../contract/sealed.ts'
import { connect, connectedMachine } from './actors.ts'
import { type PersistedFlow, persist, resumableFrom } from './persist.ts'
import { recoveryCalls } from './recovery-calls.ts'
import { channelNamed, joinTabs, type TabChannel } from './tabs.ts'
import { unlessAborted } from './unless-aborted.ts'
import { type TotpSnapshot, type TotpView, toView } from './view.ts'

/** What a flow runs over, and how. Only the backend is needed. */
export interface TotpFlowOptions {
  /** The service: `httpBackend`, `dynamicBackend`, `memoryBackend`, `TotpServer.backendFor`, or one of your own. */
  backend: TotpBackend
  /** What `persist()` gave before a reload. Garbage and other versions start clean. */
  restore?: unknown
  /** Whether the deprecated MFA-token path may be taken. @default true */
  allowMfaToken?: boolean
  /** How long a call to the backend may take, milliseconds. @default 15_000 */
  callTimeout?: number
  /** XState's inspection hook, such as `inspect` of `@statelyai/inspect`. What it is shown holds no secret. */
  inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void)
  /** @default the system's clock */
  clock?: FlowClock
  /**
   * Flows in other tabs with the same name hear of enrollment, removal and sign-out. Name the user in it where tabs of
   * one site may have different users, or give a channel of your own; `false` keeps to this tab.
   * @default the backend's `channel`
   */
  tabs?: string | TabChannel | false
}

/** How many are left; `acknowledged`: somebody said that they are kept. */
export interface RecoveryCodesLeft {
  count: number
  acknowledged: boolean
}

/** A running flow: verbs in, one view out. Verbs never throw; what they are refused for stands in `view.error`. */
export interface TotpFlow {
  /** The XState actor beneath, for `@xstate/react`, selectors of your own and tools. */
  readonly actor: ActorRefFrom<typeof totpMachine>
  /** The backend's, if it has one. */
  readonly baseUrl: string | undefined
  /** What a screen shows now; the same object until something happens, so that `===` tells. After `stop`, the last one, without secrets. */
  getView(): TotpView
  /** Calls back after every change; returns the function that ends it. */
  subscribe(listener: () => void): () => void
  /** Listens to what happened, for the host: `enrolled`, `elevated`, `deleted`, `failed`, `deprecation`. */
  on<Type extends TotpEmitted['type']>(
    type: Type,
    listener: (event: Extract<TotpEmitted, { type: Type }>) => void,
  ): () => void
  /**
   * Starts an enrollment, or starts over with a new secret while a first code is waited for. `view.registration` is what to
   * show then. Refused with `device_limit` when an app is set up, with `not_ready` while something else is under way.
   */
  register(): void
  /**
   * Takes what was typed or pasted: `123 456`, other scripts' digits and a message around the code are understood. Refused
   * with `malformed_code` when there is no code of six digits in it, or more than one, with `rate_limited` during a wait, with
   * `not_ready` where no code is asked for. None of these costs an attempt.
   */
  submitCode(code: string): void
  /**
   * The same with a recovery code, in the place of an authenticator that is lost. It is sent as it was typed, since services
   * differ in how their codes look; ours takes any case, spaces, dashes and marks of a list. Refused with `not_ready` during
   * an enrollment, and where the backend takes none.
   */
  submitRecoveryCode(code: string): void
  /**
   * How many recovery codes are left, and whether somebody said that they are kept; `null` where the backend does not
   * tell. Rejects if it could not be asked, with `unauthenticated` once somebody signs out.
   */
  checkRecoveryCodes(): Promise<RecoveryCodesLeft | null>
  /**
   * Makes new recovery codes, which kills all others, and shows them. Asks for a code first, but where the backend asks
   * for none: soon after an enrollment whose codes nobody said to be kept. Rejects with a `TotpFlowError`: `cancelled`
   * when the person did so.
   */
  renewRecoveryCodes(): Promise<void>
  /** Tells the backend that the recovery codes are kept, and shows them no longer. Rejects if it could not be told. */
  acknowledgeRecoveryCodes(): Promise<void>
  /**
   * Asks for a code that wins the scopes, unless one right in hand covers them all; then `takeElevatedToken`. Refused with
   * `scope_not_allowed` when one is not a `noun:verb`, with `no_device`, and with `not_ready` while something else is under
   * way. What the backend does not allow is refused by the code's answer.
   */
  stepUp(
    scopes: readonly Scope[],
    options?: {
      /** Asks for a code even when the scopes are in hand. */
      fresh?: boolean
      /** @deprecated Ask for scopes instead. */
      createMfaTokenOptions?: MfaTokenOptions
    },
  ): void
  /** The two in one, as the SDK's function of this name does it: steps up if no code was asked for yet, then submits. */
  authenticate(params: AuthenticateParams): void
  /**
   * Removes the authenticator: at once where the proof for it is in hand, else after a code that wins it. Refused with
   * `no_device`, and with `not_ready` while something else is under way.
   */
  deleteDevice(options?: {
    /** @deprecated The proof is an elevation unless this asks for an MFA token. */
    createMfaTokenOptions?: MfaTokenOptions
  }): void
  /**
   * Leaves what was begun. A prompt for a code gives way to `elevated` while a right lasts; all else ends in `idle`, which
   * asks the backend what became of it. Nothing happens where `can.cancel` is false.
   */
  cancel(): void
  /** Asks the backend for the device list again. In `idle` alone, as `can.refresh` says: elsewhere nothing happens. */
  refresh(): void
  /** Gives up what was won. */
  release(): void
  /** Forgets all that is the user's, here and in other tabs: the host has ended the session. */
  signOut(): void
  /** Hands out the elevated token that covers the scopes, if there is one; a single-use one is gone from the flow with that. */
  takeElevatedToken(scope: string, ...more: string[]): string | null
  /** @deprecated Hands out the MFA token once. */
  consumeMfaToken(): string | null
  /**
   * Resolves with the first view that satisfies. Rejects with `aborted` when the flow stops, or the signal fires (`timeout`
   * if that is one of `AbortSignal.timeout`), and with what the predicate throws.
   */
  waitFor(
    predicate: (view: TotpView) => boolean,
    options?: {
      signal?: AbortSignal
      /** Milliseconds, after which it rejects with `timeout`. @default none */
      timeout?: number
    },
  ): Promise<TotpView>
  /** Resolves with the view once no call is under way. */
  settled(): Promise<TotpView>
  /** JSON for a reload in mid-flow, without secrets. */
  persist(): PersistedFlow
  /**
   * Ends the flow for good: its timers, its listeners on the page and other tabs. The signals of calls under way fire, what
   * waits rejects with `aborted`, and verbs do nothing any more.
   */
  stop(): void
}

/** Runs the machine against a backend. React, plain HTML and stories all start here. */
export function createTotpFlow(options: TotpFlowOptions): TotpFlow {
  const { backend, clock, inspect, restore, allowMfaToken, callTimeout, tabs = backend.channel } = options
  const time = new TimeSource(clock && (() => clock.now()))
  const actor = createActor(connectedMachine, {
    input: {
      time,
      offersRecovery: backend.authenticateMfaRecoveryCode !== undefined,
      offersRenewal: backend.createNewMfaRecoveryCodes !== undefined,
      allowMfaToken,
      callTimeout,
    },
    inspect,
    ...(clock && { clock }),
  })
  const send = (event: TotpEvent) => actor.send(event)
  const channel = typeof tabs === 'string' ? channelNamed(tabs) : tabs
  const otherTabs = channel ? joinTabs(channel, send) : undefined
  connect(actor.system, { backend, time })
  if (otherTabs) actor.subscribe(otherTabs.see)
  actor.start()

  const resumable = resumableFrom(restore)
  if (resumable) send({ type: 'flow.resume', resumable })

  let shown: { snapshot: TotpSnapshot; view: TotpView } | undefined
  let last: TotpView | undefined
  /** `useSyncExternalStore` and `===` need the same view for the same snapshot; only one that is over is made again. */
  const viewOf = (snapshot: TotpSnapshot) => {
    if (shown?.snapshot === snapshot) return shown.view
    const view = toView(snapshot)
    if (snapshot === actor.getSnapshot()) shown = { snapshot, view }
    return view
  }
  const getView = () => last ?? viewOf(actor.getSnapshot())
  const submitCode = (code: string) =>
    send({ type: 'code.submit', code: Sealed.of(normalizeCode(String(code))) })
  const viewWhere = async (
    predicate: (snapshot: TotpSnapshot) => boolean,
    { signal, timeout }: { signal?: AbortSignal; timeout?: number } = {},
  ): Promise<TotpView> => {
    let stop = () => {}
    const found = new Promise<TotpSnapshot>((resolve, reject) => {
      const end = () => reject(new TotpFlowError('aborted'))
      const late = () => reject(new TotpFlowError('timeout'))
      const look = (snapshot: TotpSnapshot) => {
        try {
          if (predicate(snapshot)) resolve(snapshot)
        } catch (cause) {
          reject(cause)
        }
      }
      if (actor.getSnapshot().status !== 'active') return end()
      const watching = actor.subscribe({ next: look, complete: end, error: end })
      const patience = Number.isFinite(timeout) ? setTimeout(late, timeout) : undefined
      stop = () => {
        watching.unsubscribe()
        clearTimeout(patience)
      }
      look(actor.getSnapshot())
    })
    try {
      return viewOf(await unlessAborted(found, signal))
    } finally {
      stop()
    }
  }

  /** Handed out for good: a listener that asks while the flow tells of them would find them still there. */
  const taken = new WeakSet<object>()

  /** A backend that keeps its tokens itself may have spent one since. */
  const forgetSpent = () => {
    for (const { scopes, singleUse, token } of actor.getSnapshot().context.elevations) {
      if (scopes.length === 0 || !singleUse || token || !backend.getElevatedAccessToken) continue
      if (!backend.getElevatedAccessToken({ scopes, consume: false }))
        send({ type: 'elevation.consume', scopes })
    }
  }
  const wake = (event?: Event) => {
    if (event?.type === 'focus' && event.target !== page) return // a field got the focus, not the page
    forgetSpent()
    send({ type: 'flow.wake' })
  }
  const wakeEvents = ['visibilitychange', 'pageshow', 'focus'] as const
  const page: Window | undefined = globalThis.window
  const signOut = () => {
    send({ type: 'session.end' })
    otherTabs?.tellSignedOut()
  }
  const stopWatching = backend.onSignedOut?.(signOut)
  for (const name of wakeEvents) page?.addEventListener(name, wake, true)

  const flow: TotpFlow = {
    actor,
    baseUrl: backend.baseUrl,
    getView,
    subscribe(listener) {
      const subscription = actor.subscribe({ next: listener, complete: listener })
      return () => subscription.unsubscribe()
    },
    on(type, listener) {
      // The actor's types tie the type to its event; a generic parameter in between loses that.
      const subscription = actor.on(type, listener as (event: TotpEmitted) => void)
      return () => subscription.unsubscribe()
    },
    register: () => send({ type: 'device.register' }),
    submitCode,
    submitRecoveryCode: (code) =>
      send({ type: 'recoveryCode.submit', code: Sealed.of(String(code ?? '').trim()) }),
    ...recoveryCalls({
      backend,
      actor,
      flow: () => flow,
      onReplaced: () => otherTabs?.tellCodesReplaced(),
    }),
    stepUp(scopes, more = {}) {
      forgetSpent()
      send({ type: 'stepUp.request', scopes, ...more })
    },
    authenticate({ code, requestedScopes: scopes = [], createMfaTokenOptions }) {
      if (!getView().showsCodeField)
        send({ type: 'stepUp.request', scopes, fresh: true, createMfaTokenOptions })
      if (getView().showsCodeField) submitCode(code)
    },
    deleteDevice(more = {}) {
      forgetSpent()
      send({ type: 'device.delete', ...more })
    },
    cancel: () => send({ type: 'flow.cancel' }),
    refresh: () => send({ type: 'devices.refresh' }),
    release: () => send({ type: 'elevation.release' }),
    signOut,
    takeElevatedToken(...scopes) {
      wake()
      const untaken = actor.getSnapshot().context.elevations.filter((one) => !taken.has(one))
      const held = covering(untaken, scopes, time.now())
      const token = held && (held.token?.unseal() ?? backend.getElevatedAccessToken?.({ scopes }))
      if (token === undefined) return null
      if (held?.singleUse) taken.add(held)
      send({ type: 'elevation.consume', scopes })
      return token
    },
    consumeMfaToken() {
      const { mfaToken } = actor.getSnapshot().context
      if (mfaToken === null || taken.has(mfaToken)) return null
      taken.add(mfaToken)
      send({ type: 'mfaToken.consume' })
      return mfaToken.unseal()
    },
    waitFor: async (predicate, waitOptions) =>
      await viewWhere((snapshot) => predicate(viewOf(snapshot)), waitOptions),
    settled: () => viewWhere((snapshot) => !snapshot.hasTag('busy')),
    persist: () => persist(actor.getSnapshot()),
    stop() {
      stopWatching?.()
      for (const name of wakeEvents) page?.removeEventListener(name, wake, true)
      otherTabs?.leave()
      const view = getView()
      const isOver = { showsCodeField: false, registration: null, recoveryCodes: null }
      last = view.showsCodeField || view.recoveryCodes ? { ...view, ...isOver } : view
      actor.stop()
    },
  }
  return flow
}

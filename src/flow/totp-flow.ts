import type { ActorRefFrom, InspectionEvent, Observer } from 'xstate'
import type { totpMachine } from '../../machines/totp.machine.ts'
import type { TotpEmitted } from '../../machines/totp.types.ts'
import type { Approval } from '../contract/approval.ts'
import type { AuthenticateParams, MfaTokenOptions, TotpBackend } from '../contract/backend.ts'
import type { Challenge } from '../contract/challenge.ts'
import type { FlowClock } from '../contract/clock.ts'
import type { Wanted } from '../contract/elevations.ts'
import type { Scope } from '../contract/scopes.ts'
import type { PersistedFlow } from './persist.ts'
import type { TabChannel } from './tabs.ts'
import type { TotpView } from './view.ts'

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

/** What an elevated token is wanted for: all the scopes by one token. */
export type TokenWanted = Wanted

/** A running flow: verbs in, one view out. Verbs never throw; what they are refused for stands in `view.error`. */
export interface TotpFlow {
  /** The XState actor beneath, for `@xstate/react`, selectors of your own and tools. */
  readonly actor: ActorRefFrom<typeof totpMachine>
  /** The backend's, if it has one. */
  readonly baseUrl: string | undefined
  /** The backend's, if it has one. */
  readonly credentials: TotpBackend['credentials']
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
  /** Submits the password that is asked for (`view.showsPasswordField`), as it was typed. */
  submitPassword(password: string): void
  /**
   * Answers the prompt by a passkey, which the browser asks for (`view.methods` has `passkey`); who closes that is back at the
   * prompt. Refused with `not_ready` where none may answer.
   */
  submitPasskey(): void
  /**
   * Makes new recovery codes, which kills all others, and shows them. Asks for a code first, or for a password where the
   * backend takes that, but where the backend asks for none: soon after an enrollment whose codes nobody said to be kept. Rejects with a `TotpFlowError`: `cancelled`
   * when the person did so.
   */
  renewRecoveryCodes(): Promise<void>
  /** Tells the backend that the recovery codes are kept, and shows them no longer. Rejects if it could not be told. */
  acknowledgeRecoveryCodes(): Promise<void>
  /**
   * Asks for a code that wins the scopes, unless one elevation that is held covers them all; then `takeElevatedToken`. Refused with
   * `scope_not_allowed` when one is not a `noun:verb`, with `no_device`, and with `not_ready` while something else is under
   * way. What the backend does not allow is refused by the code's answer.
   */
  stepUp(
    scopes: readonly Scope[],
    options?: {
      /** Asks for a code even when the scopes are held. */
      fresh?: boolean
      /** @deprecated Ask for scopes instead. */
      createMfaTokenOptions?: MfaTokenOptions
    } & Approval &
      Challenge,
  ): void
  /** The two in one, as the SDK's function of this name does it: steps up if no code was asked for yet, then submits. */
  authenticate(params: AuthenticateParams): void
  /**
   * Removes the authenticator: at once if it holds the proof, else after a code that wins it. Refused with
   * `no_device`, and with `not_ready` while something else is under way.
   */
  deleteDevice(options?: {
    /** Where it would begin at once, asks the person first (`view.detail` is `confirming`); a second call without is the yes. */
    confirm?: boolean
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
  /**
   * Hands out the elevated token that covers the scopes, if there is one; a single-use one is gone from the flow with that. One
   * that is bound to `authorizationDetails` is handed out for these alone.
   */
  takeElevatedToken(scope: string, ...more: string[]): string | null
  takeElevatedToken(wanted: TokenWanted): string | null
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

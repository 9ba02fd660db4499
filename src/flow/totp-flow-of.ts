import type { ActorRefFrom } from 'xstate'
import type { totpMachine } from '../../machines/totp.machine.ts'
import type { TotpEmitted, TotpEvent } from '../../machines/totp.types.ts'
import type { TotpBackend } from '../contract/backend.ts'
import { normalizeCode } from '../contract/code.ts'
import { findCovering } from '../contract/elevations.ts'
import { TotpFlowError } from '../contract/errors.ts'
import { Sealed } from '../contract/sealed.ts'
import { unlessAborted } from '../contract/unless-aborted.ts'
import { assertBackend } from './actors.ts'
import { persist } from './persist.ts'
import { recoveryCalls } from './recovery-calls.ts'
import { channelNamed, joinTabs } from './tabs.ts'
import type { TokenWanted, TotpFlow, TotpFlowOptions } from './totp-flow.ts'
import { type TotpSnapshot, type TotpView, toView } from './view.ts'

/** Handed out already. A listener that asks during the event would otherwise still find them. */
const taken = new WeakSet<object>()

const flows = new WeakMap<object, TotpFlow>()

/**
 * Returns the flow of an actor that you run yourself, such as a child of your machine, for the components, the hooks and
 * `createElevatedFetch`. Returns the same flow for the same actor. The flow ends with its actor. Its `stop()` only stops
 * listening to page events, other tabs and sign-outs. Throws a `TypeError` that names the methods the backend lacks.
 *
 * @example
 * ```ts
 * import { type TotpBackend, totpFlowOf, type totpMachine } from 'totp-flow'
 * import type { ActorRefFrom } from 'xstate'
 *
 * declare const child: ActorRefFrom<typeof totpMachine>, backend: TotpBackend
 * const flow = totpFlowOf(child, { backend })
 * flow.submitCode('123 456')
 * ```
 */
export function totpFlowOf(
  actor: ActorRefFrom<typeof totpMachine>,
  options: Pick<TotpFlowOptions, 'backend' | 'tabs'>,
): TotpFlow {
  assertBackend(options?.backend)
  const known = flows.get(actor)
  if (known) return known
  const flow = flowOver(actor, options, ({ leave }) => {
    leave()
    flows.delete(actor)
  })
  if (actor.getSnapshot().status === 'active') flows.set(actor, flow)
  else flow.stop()
  return flow
}

interface Endings {
  /** Stops listening to everything but the actor. */
  leave(): void
  /** The same, and freezes the view without its secrets. Runs when the actor ends. */
  end(): void
}

/** `stop` decides what `flow.stop()` does. */
export function flowOver(
  actor: ActorRefFrom<typeof totpMachine>,
  { backend, tabs = backend.channel }: Pick<TotpFlowOptions, 'backend' | 'tabs'>,
  stop: (endings: Endings) => void,
): TotpFlow {
  const send = (event: TotpEvent) => actor.send(event)
  const channel = typeof tabs === 'string' ? channelNamed(tabs) : tabs
  const otherTabs = channel ? joinTabs(channel, send) : undefined
  const { time } = actor.getSnapshot().context

  let shown: { snapshot: TotpSnapshot; view: TotpView } | undefined
  let last: TotpView | undefined
  /** `useSyncExternalStore` and `===` need the same view for the same snapshot. Only the current one is cached. */
  const viewOf = (snapshot: TotpSnapshot) => {
    if (shown?.snapshot === snapshot) return shown.view
    const view = toView(snapshot)
    if (snapshot === actor.getSnapshot()) shown = { snapshot, view }
    return view
  }
  const getView = () => last ?? viewOf(actor.getSnapshot())
  let hasTold = false
  /** Sends a verb's event. On a stopped flow it does nothing, so it warns the developer once. */
  const call = (verb: keyof TotpFlow, event: TotpEvent) => {
    if (!last) return send(event)
    if (!hasTold)
      console.error(
        `totp-flow: ${verb}() was called on a flow that has stopped, and does nothing. In React, create the flow in the effect that stops it.`,
      )
    hasTold = true
  }
  const submitCode = (code: string) =>
    call('submitCode', { type: 'code.submit', code: Sealed.of(normalizeCode(String(code))) })
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

  /** An error of the backend must not come out of a verb. */
  const keptToken: TotpBackend['getElevatedAccessToken'] = (wanted) => {
    try {
      return backend.getElevatedAccessToken?.(wanted)
    } catch {
      console.error(
        'totp-flow: getElevatedAccessToken() of the backend threw. It counts as holding no token.',
      )
      return undefined
    }
  }
  /** A backend that keeps its tokens itself may have consumed one meanwhile. */
  const forgetConsumed = () => {
    for (const { scopes, singleUse, token, authorizationDetails } of actor.getSnapshot().context.elevations) {
      if (scopes.length === 0 || !singleUse || token || !backend.getElevatedAccessToken) continue
      if (!keptToken({ scopes, consume: false }))
        send({ type: 'elevation.consume', scopes, authorizationDetails })
    }
  }
  const wake = (event?: Event) => {
    if (event?.type === 'focus' && event.target !== page) return // a field received focus, not the page
    forgetConsumed()
    send({ type: 'flow.wake' })
  }
  const wakeEvents = ['visibilitychange', 'pageshow', 'focus'] as const
  const page: Window | undefined = globalThis.window
  const signOut = () => {
    call('signOut', { type: 'session.end' })
    otherTabs?.tellSignedOut()
  }
  let stopWatching = backend.onSignedOut?.(signOut)
  for (const name of wakeEvents) page?.addEventListener(name, wake, true)
  const leave = () => {
    stopWatching?.()
    stopWatching = undefined
    for (const name of wakeEvents) page?.removeEventListener(name, wake, true)
    otherTabs?.leave()
  }
  const end = () => {
    if (last) return
    leave()
    const view = getView()
    const isOver = {
      showsCodeField: false,
      showsPasswordField: false,
      methods: [],
      checking: null,
      registration: null,
      recoveryCodes: null,
    }
    last =
      view.methods.length > 0 || view.showsPasswordField || view.recoveryCodes ? { ...view, ...isOver } : view
  }

  const flow: TotpFlow = {
    // A getter, because a store such as Valtio's replaces the values of writable properties with proxies.
    get actor() {
      return actor
    },
    baseUrl: backend.baseUrl,
    credentials: backend.credentials,
    getAccessToken: backend.getAccessToken?.bind(backend),
    getView,
    subscribe(listener) {
      const subscription = actor.subscribe({ next: listener, complete: listener })
      return () => subscription.unsubscribe()
    },
    on(type, listener) {
      // The actor's types tie each type to its event, which the generic parameter loses.
      const subscription = actor.on(type, listener as (event: TotpEmitted) => void)
      return () => subscription.unsubscribe()
    },
    register: () => call('register', { type: 'device.register' }),
    submitCode,
    submitRecoveryCode: (code) =>
      call('submitRecoveryCode', { type: 'recoveryCode.submit', code: Sealed.of(String(code ?? '').trim()) }),
    submitPassword: (password) =>
      call('submitPassword', { type: 'password.submit', password: Sealed.of(String(password ?? '')) }),
    submitPasskey: () => call('submitPasskey', { type: 'passkey.submit' }),
    ...recoveryCalls({
      backend,
      actor,
      flow: () => flow,
      onReplaced: () => otherTabs?.tellCodesReplaced(),
    }),
    stepUp(scopes, more = {}) {
      forgetConsumed()
      call('stepUp', { type: 'stepUp.request', scopes, ...more })
    },
    authenticate({ code, requestedScopes: scopes = [], deviceId: _, ...more }) {
      if (!getView().showsCodeField)
        call('authenticate', { type: 'stepUp.request', scopes, fresh: true, ...more })
      if (getView().showsCodeField) submitCode(code)
    },
    deleteDevice(more = {}) {
      forgetConsumed()
      call('deleteDevice', { type: 'device.delete', ...more })
    },
    cancel: () => call('cancel', { type: 'flow.cancel' }),
    refresh: () => call('refresh', { type: 'devices.refresh' }),
    release: () => call('release', { type: 'elevation.release' }),
    signOut,
    takeElevatedToken(wanted: string | TokenWanted, ...more: string[]) {
      const given: TokenWanted = typeof wanted === 'string' ? { scopes: [wanted, ...more] } : wanted
      const { scopes, authorizationDetails } = given
      wake()
      const untaken = actor.getSnapshot().context.elevations.filter((one) => !taken.has(one))
      const held = findCovering(untaken, given, time.now())
      const token = held && (held.token?.unseal() ?? keptToken({ scopes }))
      if (token === undefined) return null
      if (held?.singleUse) taken.add(held)
      send({ type: 'elevation.consume', scopes, authorizationDetails })
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
    stop: () => stop({ leave, end }),
  }
  if (otherTabs) actor.subscribe(otherTabs.see)
  actor.subscribe({ complete: end, error: end })
  return flow
}

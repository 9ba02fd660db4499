import { createActor } from 'xstate'
import type { TotpEmitted, TotpEvent } from '../../machines/totp.types.ts'
import { TimeSource } from '../contract/clock.ts'
import { normalizeCode } from '../contract/code.ts'
import { findCovering } from '../contract/elevations.ts'
import { TotpFlowError } from '../contract/errors.ts'
import { Sealed } from '../contract/sealed.ts'
import { connect, connectedMachine } from './actors.ts'
import { persist, resumableFrom } from './persist.ts'
import { recoveryCalls } from './recovery-calls.ts'
import { channelNamed, joinTabs } from './tabs.ts'
import type { TokenWanted, TotpFlow, TotpFlowOptions } from './totp-flow.ts'
import { unlessAborted } from './unless-aborted.ts'
import { type TotpSnapshot, type TotpView, toView } from './view.ts'

/**
 * Runs the machine against a backend. React, plain HTML and stories all start here. Throws a `TypeError` that names an option
 * which cannot work.
 */
export function createTotpFlow(options: TotpFlowOptions): TotpFlow {
  const { backend, clock, inspect, restore, allowMfaToken, callTimeout } = options
  if (typeof backend?.getMfaDevices !== 'function') throw new TypeError('backend takes a TotpBackend.')
  if (callTimeout !== undefined && !(callTimeout > 0))
    throw new TypeError('callTimeout takes milliseconds, more than 0.')
  const { tabs = backend.channel } = options
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

  /** A backend that keeps its tokens itself may have consumed one since. */
  const forgetConsumed = () => {
    for (const { scopes, singleUse, token, authorizationDetails } of actor.getSnapshot().context.elevations) {
      if (scopes.length === 0 || !singleUse || token || !backend.getElevatedAccessToken) continue
      if (!backend.getElevatedAccessToken({ scopes, consume: false }))
        send({ type: 'elevation.consume', scopes, authorizationDetails })
    }
  }
  const wake = (event?: Event) => {
    if (event?.type === 'focus' && event.target !== page) return // a field got the focus, not the page
    forgetConsumed()
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
    credentials: backend.credentials,
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
      forgetConsumed()
      send({ type: 'stepUp.request', scopes, ...more })
    },
    authenticate({ code, requestedScopes: scopes = [], authorizationDetails, createMfaTokenOptions }) {
      if (!getView().showsCodeField)
        send({
          type: 'stepUp.request',
          scopes,
          fresh: true,
          authorizationDetails,
          createMfaTokenOptions,
        })
      if (getView().showsCodeField) submitCode(code)
    },
    deleteDevice(more = {}) {
      forgetConsumed()
      send({ type: 'device.delete', ...more })
    },
    cancel: () => send({ type: 'flow.cancel' }),
    refresh: () => send({ type: 'devices.refresh' }),
    release: () => send({ type: 'elevation.release' }),
    signOut,
    takeElevatedToken(wanted: string | TokenWanted, ...more: string[]) {
      const { scopes, authorizationDetails } =
        typeof wanted === 'string' ? { scopes: [wanted, ...more] } : wanted
      wake()
      const untaken = actor.getSnapshot().context.elevations.filter((one) => !taken.has(one))
      const held = findCovering(untaken, scopes, time.now(), authorizationDetails)
      const token = held && (held.token?.unseal() ?? backend.getElevatedAccessToken?.({ scopes }))
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

import type { Actor, ActorRefFrom } from 'xstate'
import type { totpMachine } from '../../machines/totp.machine.ts'
import * as answers from '../contract/answers.ts'
import type { CallOptions, ProofParams, TotpBackend } from '../contract/backend.ts'
import { type TotpErrorCode, TotpFlowError } from '../contract/errors.ts'
import { parseAnswer } from '../contract/parse-answer.ts'
import { UPDATE_SCOPE } from '../contract/scopes.ts'
import { Sealed } from '../contract/sealed.ts'
import { unlessAborted } from '../contract/unless-aborted.ts'
import { elevate } from './elevate.ts'
import type { TotpFlow } from './totp-flow.ts'

interface Given {
  backend: TotpBackend
  actor: ActorRefFrom<typeof totpMachine>
  flow: () => TotpFlow
  /** New codes were made, and all others are dead. */
  onReplaced(): void
}

type RecoveryCalls = Pick<TotpFlow, 'checkRecoveryCodes' | 'renewRecoveryCodes' | 'acknowledgeRecoveryCodes'>

/** The calls that move no state of the chart: it asks for the code that they need, and keeps what they bring. */
export function recoveryCalls({ backend, actor, flow, onReplaced }: Given): RecoveryCalls {
  async function call<T>(ask: (options: CallOptions) => Promise<T> | undefined): Promise<T | undefined> {
    const { status, context } = actor.getSnapshot()
    if (status !== 'active') throw new TotpFlowError('aborted')
    const ending = new AbortController()
    const { signal } = ending
    const end = () => ending.abort()
    const watching = actor.subscribe({
      next: ({ context: { device, error } }) => {
        // An answer would speak of what is no longer here.
        if (error !== context.error && error?.code === 'unauthenticated') ending.abort(error)
        else if (context.device && context.device.id !== device?.id)
          ending.abort(new TotpFlowError('cancelled'))
      },
      complete: end,
      error: end,
    })
    const { clock } = actor as Actor<typeof totpMachine> // every actor has one, though not every type says so
    const patience = clock.setTimeout(
      () => ending.abort(new DOMException('No answer in time.', 'TimeoutError')),
      context.callTimeout,
    )
    try {
      const answer = await unlessAborted(Promise.resolve(ask({ signal })), signal)
      signal.throwIfAborted() // which may have come with the answer
      return answer
    } catch (cause) {
      throw TotpFlowError.from(cause)
    } finally {
      watching.unsubscribe()
      clock.clearTimeout(patience)
    }
  }
  const context = () => actor.getSnapshot().context

  async function check() {
    const answer = await call((options) => backend.getMfaRecoveryCodes?.(options))
    if (answer === undefined) return null
    const { count, acknowledged = true } = parseAnswer(answers.recoveryCodes, answer)
    return { count, acknowledged }
  }

  async function make(proof: ProofParams) {
    const deviceId = context().device?.id ?? ''
    const answer = await call((options) => backend.createNewMfaRecoveryCodes?.(proof, options))
    const recoveryCodes = Sealed.of(parseAnswer(answers.recoveryCodes, answer).recoveryCodes)
    actor.send({ type: 'recoveryCodes.renewed', deviceId, recoveryCodes })
    onReplaced()
  }

  /** The chart asks for it, makes them, and shows them. */
  async function makeForPassword() {
    if (actor.getSnapshot().status !== 'active') throw new TotpFlowError('aborted')
    const { recoveryCodes: before } = context()
    actor.send({ type: 'recoveryCodes.renew' })
    const { error } = await flow().waitFor(
      ({ showsPasswordField, intent }) => !(showsPasswordField && intent === 'renew'),
    )
    if (context().recoveryCodes === before) throw error ?? new TotpFlowError('cancelled')
    onReplaced()
  }

  const isMadeUnproven = () =>
    make({}).then(
      () => true,
      (cause: unknown) => {
        if (!ASKS_FOR_PROOF.has(TotpFlowError.from(cause).code)) throw cause
        return false
      },
    )

  return {
    checkRecoveryCodes: check,
    async renewRecoveryCodes() {
      const { proofs } = context()
      if (proofs.renewRecoveryCodes === 'none') return make({})
      if (proofs.renewRecoveryCodes === 'password') return makeForPassword()
      const left = await check()
      if (left?.acknowledged === false && (await isMadeUnproven())) return
      const { token } = await elevate(flow(), [UPDATE_SCOPE])
      await make(token === null ? {} : { elevatedAccessToken: token })
    },
    async acknowledgeRecoveryCodes() {
      const { recoveryCodes: shown } = context()
      await call((options) => backend.acknowledgeRecoveryCodes?.(options))
      const isShown = context().recoveryCodes === shown // and no newer ones
      if (isShown) actor.send({ type: 'recoveryCodes.acknowledge' })
    },
  }
}

const ASKS_FOR_PROOF: ReadonlySet<TotpErrorCode> = new Set(['proof_required', 'elevation_required'])

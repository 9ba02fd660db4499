import type { ActorRefFrom } from 'xstate'
import type { totpMachine } from '../../machines/totp.machine.ts'
import * as answers from '../contract/answers.ts'
import type { CallOptions, ProofParams, TotpBackend } from '../contract/backend.ts'
import { type TotpErrorCode, TotpFlowError } from '../contract/errors.ts'
import { parseAnswer } from '../contract/parse-answer.ts'
import { UPDATE_SCOPE } from '../contract/scopes.ts'
import { Sealed } from '../contract/sealed.ts'
import { boundedCall } from './bounded-call.ts'
import { elevate } from './elevate.ts'
import type { TotpFlow } from './totp-flow.ts'

interface Given {
  backend: TotpBackend
  actor: ActorRefFrom<typeof totpMachine>
  flow: () => TotpFlow
  /** New codes were generated, so the old ones are invalid. */
  onReplaced(): void
}

type RecoveryCalls = Pick<TotpFlow, 'checkRecoveryCodes' | 'renewRecoveryCodes' | 'acknowledgeRecoveryCodes'>

/** Calls about recovery codes that cause no transition. The chart prompts for the code they need and keeps the result. */
export function recoveryCalls({ backend, actor, flow, onReplaced }: Given): RecoveryCalls {
  const call = <T>(ask: (options: CallOptions) => Promise<T> | undefined) =>
    // The answer would concern a device that is gone.
    boundedCall(actor, ask, ({ device }, before) => before.device != null && before.device.id !== device?.id)
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

  /** The chart prompts for the password, generates the codes and shows them. */
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
      const { proofs } = context().settings
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
      const isShown = context().recoveryCodes === shown // not newer ones
      if (isShown) actor.send({ type: 'recoveryCodes.acknowledge' })
    },
  }
}

const ASKS_FOR_PROOF: ReadonlySet<TotpErrorCode> = new Set(['proof_required', 'elevation_required'])

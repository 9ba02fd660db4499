import { ceremonyError } from '../contract/ceremony-error.ts'
import { TotpFlowError } from '../contract/errors.ts'

/** The JSON that servers send and take: https://www.w3.org/TR/webauthn-3/#sctn-parseCreationOptionsFromJSON. */
type Options = Record<string, unknown>

interface Answered<Response> {
  id: string
  rawId: string
  type: 'public-key'
  clientExtensionResults: object
  response: Response
}
export type Assertion = Answered<{ clientDataJSON: string; authenticatorData: string; signature: string }>
export type Attestation = Answered<{ clientDataJSON: string; attestationObject: string }>

/** Prompts for a passkey in the browser. Aborting closes the prompt. */
export const askForPasskey = (options: Options, signal: AbortSignal | undefined) =>
  asked<Assertion>((Credential) =>
    navigator.credentials.get({
      publicKey: Credential.parseRequestOptionsFromJSON(options as never), // the browser checks them itself
      ...(signal && { signal }),
    }),
  )

/** Prompts the person to create a passkey in the browser. Aborting closes the prompt. */
export const makePasskey = (options: Options, signal: AbortSignal | undefined) =>
  asked<Attestation>((Credential) =>
    navigator.credentials.create({
      publicKey: Credential.parseCreationOptionsFromJSON(options as never),
      ...(signal && { signal }),
    }),
  )

async function asked<Answer>(
  ask: (Credential: typeof PublicKeyCredential) => Promise<Credential | null>,
): Promise<Answer> {
  const { PublicKeyCredential: Credential } = globalThis
  if (typeof Credential?.parseRequestOptionsFromJSON !== 'function')
    throw new TotpFlowError('passkey_unsupported')
  try {
    const answer = (await ask(Credential)) as PublicKeyCredential | null
    if (answer) return answer.toJSON() as Answer
  } catch (thrown) {
    throw ceremonyError(thrown)
  }
  throw new TotpFlowError('cancelled')
}

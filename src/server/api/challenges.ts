import { fromBase64 } from '../crypto/base64.ts'
import { hashToken } from '../crypto/secrets.ts'
import { CEREMONY_MS } from '../passkeys/passkeys.ts'
import type { Call } from './service.ts'

/** The purpose of a challenge: to add a passkey, or to use one for these scopes (`null`: for whichever are requested later). */
export type Ceremony = { kind: 'register' } | { kind: 'authenticate'; scopes: readonly string[] | null }

/**
 * A challenge (WebAuthn §13.4.3) that needs no storage: a token of this server for one user, one session and one
 * ceremony. It is signed rather than encrypted, which keeps the master key out of every confirmation.
 */
export async function newChallenge(call: Call, ceremony: Ceremony): Promise<Uint8Array<ArrayBuffer>> {
  const { tokens, now } = call.service
  const challenge = tokens.mintChallenge(
    call.user.userId,
    await purposeOf(call, ceremony),
    now() + CEREMONY_MS,
  )
  return new TextEncoder().encode(await challenge)
}

interface OpenChallenge {
  /** As the browser returns it, base64url. */
  text: string
  /** The token's id, whatever the spelling of `text`. */
  id: string
}

/** Returns the challenge that a browser signed if it belongs to one of these ceremonies and is unexpired, or else `null`. */
export async function openChallenge(
  call: Call,
  ceremonies: readonly Ceremony[],
  clientDataJSON: string,
): Promise<OpenChallenge | null> {
  const text = challengeIn(clientDataJSON)
  const challenge = text === null ? null : await call.service.tokens.readChallenge(textOf(text))
  if (text === null || challenge?.userId !== call.user.userId) return null
  const purposes = await Promise.all(ceremonies.map((ceremony) => purposeOf(call, ceremony)))
  return purposes.includes(challenge.for) ? { text, id: challenge.jti } : null
}

/** Consumes the challenge. Resolves to `false` if it was used before. */
export const consumeChallenge = ({ service }: Call, { id }: OpenChallenge): Promise<boolean> =>
  service.store.consumeToken({ jti: id, expiresAt: service.now() + CEREMONY_MS })

/** A session of the host and the session of this server that began from it count as one. */
function purposeOf({ age, session }: Call, ceremony: Ceremony): Promise<string> {
  const scopes = 'scopes' in ceremony ? (ceremony.scopes?.toSorted() ?? null) : null
  return hashToken(JSON.stringify([ceremony.kind, age.id ?? session?.id ?? null, scopes]))
}

/** Accepts top-level pages only: in a cross-origin frame (WebAuthn §13.4.9), people may not see what they confirm. */
function challengeIn(clientDataJSON: string): string | null {
  try {
    const { challenge, crossOrigin }: { challenge?: unknown; crossOrigin?: unknown } = Object(
      JSON.parse(textOf(clientDataJSON)),
    )
    return typeof challenge === 'string' && crossOrigin !== true ? challenge : null
  } catch {
    return null
  }
}

const textOf = (base64: string) => new TextDecoder().decode(fromBase64(base64))

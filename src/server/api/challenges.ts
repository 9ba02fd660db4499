import { fromBase64 } from '../crypto/base64.ts'
import { hashToken } from '../crypto/secrets.ts'
import { CEREMONY_MS } from '../passkeys/passkeys.ts'
import type { Call } from './service.ts'

/** What a passkey is asked for: to be made, or to be used for these scopes (`null`: for whichever are asked for then). */
export type Ceremony = { kind: 'register' } | { kind: 'authenticate'; scopes: readonly string[] | null }

/**
 * A challenge (WebAuthn §13.4.3) that nobody stores: a token of this server, for this user, this session and this ceremony alone.
 * Signed, and not sealed: the master key is not asked for as often as somebody confirms.
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
  /** As the browser says it, base64url. */
  text: string
  /** The same however it is spelled. */
  id: string
}

/** The challenge that a browser signed, if it was made for one of these and is still good; else `null`. */
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

/** Whether nobody used it before. */
export const consumeChallenge = ({ service }: Call, { id }: OpenChallenge): Promise<boolean> =>
  service.store.consumeToken({ jti: id, expiresAt: service.now() + CEREMONY_MS })

/** A session of the host's and ours that began from it are one. */
function purposeOf({ age, session }: Call, ceremony: Ceremony): Promise<string> {
  const scopes = 'scopes' in ceremony ? (ceremony.scopes?.toSorted() ?? null) : null
  return hashToken(JSON.stringify([ceremony.kind, age.id ?? session?.id ?? null, scopes]))
}

/** Of a page that stands alone: in a frame of another site (WebAuthn §13.4.9), people may not see what they say yes to. */
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

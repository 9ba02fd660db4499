import { fromBase64 } from '../crypto/base64.ts'
import { doesNotOpen, hashToken } from '../crypto/secrets.ts'
import { CEREMONY_MS } from '../passkeys/passkeys.ts'
import type { Call } from './service.ts'

/** What a passkey is asked for: to be made, or to be used for these scopes (`null`: for whichever are asked for then). */
export type Ceremony = { kind: 'register' } | { kind: 'authenticate'; scopes: readonly string[] | null }

/**
 * A challenge (WebAuthn §13.4.3) that nobody stores: sealed, it says how long it is good, and opens for this user, this session
 * and this ceremony alone.
 */
export async function newChallenge(call: Call, ceremony: Ceremony): Promise<Uint8Array<ArrayBuffer>> {
  const { secrets, now } = call.service
  return new TextEncoder().encode(
    await secrets.seal(`${now() + CEREMONY_MS} ${crypto.randomUUID()}`, placeOf(call, ceremony)),
  )
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
  if (text === null) return null
  const sealed = textOf(text)
  for (const ceremony of ceremonies) {
    const [expiresAt, id] = (await opened(call, sealed, ceremony))?.split(' ') ?? []
    if (id !== undefined) return Number(expiresAt) > call.service.now() ? { text, id } : null
  }
  return null
}

/** Whether nobody used it before. */
export async function spendChallenge({ service }: Call, { id }: OpenChallenge): Promise<boolean> {
  const jti = await hashToken(JSON.stringify(['passkey challenge', id]))
  return service.store.consumeToken({ jti, expiresAt: service.now() + CEREMONY_MS })
}

async function opened(call: Call, sealed: string, ceremony: Ceremony): Promise<string | null> {
  try {
    return await call.service.secrets.open(sealed, placeOf(call, ceremony))
  } catch (error) {
    if (doesNotOpen(error)) return null
    throw error
  }
}

/** A session of the host's and ours that began from it are one. */
function placeOf({ user, age, session, service }: Call, ceremony: Ceremony): string {
  const scopes = 'scopes' in ceremony ? (ceremony.scopes?.toSorted() ?? null) : null
  const sessionId = age.id ?? session?.id ?? null
  return JSON.stringify([
    'passkey challenge',
    service.environmentId,
    ceremony.kind,
    user.userId,
    sessionId,
    scopes,
  ])
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

import type { TotpEvent } from '../../machines/totp.types.ts'
import type { MfaDevice } from '../contract/answers.ts'
import type { Passkey } from '../contract/passkeys.ts'
import type { TotpSnapshot } from './view.ts'

/** The messages between tabs, and the event that each becomes in the receiving flow. Only the name is sent. */
const meaning = {
  changed: { type: 'devices.changed' },
  signedOut: { type: 'session.end' },
  codesReplaced: { type: 'recoveryCodes.replaced' },
} as const satisfies Record<string, TotpEvent>

type News = keyof typeof meaning

/** Carries messages between the flows of one user: a `BroadcastChannel`, or anything that works like one. */
export interface TabChannel {
  /** Sends a message to all other tabs. */
  postMessage(message: unknown): void
  /** Set by the flow. Receives the messages of other tabs. */
  onmessage: ((event: MessageEvent) => unknown) | null
  /** Called when the flow stops. */
  close(): void
}

export interface Tabs {
  /** Takes every snapshot. Tells other tabs when the authenticator, the passkeys or the session's gate changed. */
  see(snapshot: TotpSnapshot): void
  tellSignedOut(): void
  tellCodesReplaced(): void
  leave(): void
}

/** Opens the channel of that name in a page. Elsewhere there are no other tabs, and a channel would keep the process alive. */
export const channelNamed = (name: string): TabChannel | null =>
  typeof window === 'undefined' ? null : new BroadcastChannel(`totp-flow ${name}`)

/**
 * Connects to the flows in other tabs. Tells them of any change to the authenticator that this tab sees, since a call without
 * an answer may have succeeded. Does not repeat what it learned from them.
 */
export function joinTabs(channel: TabChannel, send: (event: TotpEvent) => void): Tabs {
  /** The verified device and the passkeys in the last snapshot; `undefined` until the backend has answered. */
  let known: string | undefined
  /** Whether the session owed a code in the last snapshot. */
  let owedCode = false
  /** Whether the next change was learned from another tab. */
  let isNewsFromOthers = false
  /** Whether this tab is making a call that may change the device. */
  let isChanging = false
  let hasLeft = false

  const tell = (news: News) => {
    if (!hasLeft) channel.postMessage(news)
  }
  channel.onmessage = ({ data }) => {
    if (!isNews(data)) return
    const mayConcernDevice = data !== 'codesReplaced'
    if (mayConcernDevice) isNewsFromOthers = !isChanging
    send(meaning[data])
  }
  return {
    see(snapshot) {
      if (snapshot.matches({ idle: 'loading' })) return
      const { device, gate, passkeys } = snapshot.context
      const ids =
        device === undefined ? undefined : JSON.stringify([verifiedIdOf(device), ...passkeys.map(nameOf)])
      const hasChanged = ids !== known && ids !== undefined && known !== undefined
      const hasOpened = owedCode && gate?.state === 'open'
      if ((hasChanged || hasOpened) && !isNewsFromOthers) tell('changed')
      known = ids
      owedCode = gate?.state === 'codeOwed'
      isNewsFromOthers = false
      isChanging = snapshot.matches('verifying') || snapshot.matches('deleting')
    },
    tellSignedOut: () => tell('signedOut'),
    tellCodesReplaced: () => tell('codesReplaced'),
    leave() {
      hasLeft = true
      channel.close()
    },
  }
}

const verifiedIdOf = (device: MfaDevice | null) => (device?.verified ? device.id : null)

/** Its id and name. When it was last used is no change. */
const nameOf = ({ id, alias }: Passkey) => [id, alias]

const isNews = (data: unknown): data is News => typeof data === 'string' && Object.hasOwn(meaning, data)

import type { TotpEvent } from '../../machines/totp.types.ts'
import type { MfaDevice } from '../contract/answers.ts'
import type { Passkey } from '../contract/passkeys.ts'
import type { TotpSnapshot } from './view.ts'

/** The messages between tabs, by name, and the event that each is to the flow that receives it. Only the name is sent. */
const meaning = {
  changed: { type: 'devices.changed' },
  signedOut: { type: 'session.end' },
  codesReplaced: { type: 'recoveryCodes.replaced' },
} as const satisfies Record<string, TotpEvent>

type News = keyof typeof meaning

/** What carries news between the flows of one user: a `BroadcastChannel`, or anything that works as one. */
export interface TabChannel {
  /** Tells all others. */
  postMessage(message: unknown): void
  /** Set by the flow: what the others tell. */
  onmessage: ((event: MessageEvent) => unknown) | null
  /** Called when the flow stops. */
  close(): void
}

export interface Tabs {
  /** Looks at every snapshot, and tells of a change to the authenticator or the passkeys, and of a session that owes nothing more. */
  see(snapshot: TotpSnapshot): void
  tellSignedOut(): void
  tellCodesReplaced(): void
  leave(): void
}

/** The channel of that name, if this is a page: elsewhere there are no other tabs, and a channel would keep a process alive. */
export const channelNamed = (name: string): TabChannel | null =>
  typeof window === 'undefined' ? null : new BroadcastChannel(`totp-flow ${name}`)

/**
 * Joins the flows in other tabs. Tells them when what this tab knows of the authenticator changes, however it learned of
 * that: a call that went unanswered may have got through. Does not tell them what it learned from them.
 */
export function joinTabs(channel: TabChannel, send: (event: TotpEvent) => void): Tabs {
  /** The verified device and the passkeys as of the last snapshot; `undefined` as long as the backend has not told. */
  let known: string | undefined
  /** The session owed a code as of the last snapshot. */
  let owedCode = false
  /** The next change was learned from another tab. */
  let isNewsFromOthers = false
  /** A call that may change the device is under way here. */
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

/** Which it is and how it is called: when it was last used is no news. */
const nameOf = ({ id, alias }: Passkey) => [id, alias]

const isNews = (data: unknown): data is News => typeof data === 'string' && Object.hasOwn(meaning, data)

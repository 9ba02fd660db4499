import type { TotpEvent } from '../../machines/totp.types.ts'

/** What other tabs are told, and what it means to the flow that hears it. No more than the name crosses. */
const meaning = {
  enrolled: { type: 'devices.changed' },
  deleted: { type: 'devices.changed' },
  signedOut: { type: 'session.end' },
} as const satisfies Record<string, TotpEvent>

type News = keyof typeof meaning

export interface Tabs {
  tell(news: News): void
  leave(): void
}

/** Joins the flows of the same name in other tabs. `undefined`: there are none to tell. */
export function joinTabs(name: string | undefined, hear: (event: TotpEvent) => void): Tabs {
  if (name === undefined || typeof window === 'undefined') return { tell() {}, leave() {} }
  const channel = new BroadcastChannel(`totp-flow ${name}`)
  channel.onmessage = ({ data }) => {
    if (isNews(data)) hear(meaning[data])
  }
  return { tell: (news) => channel.postMessage(news), leave: () => channel.close() }
}

const isNews = (data: unknown): data is News => typeof data === 'string' && Object.hasOwn(meaning, data)

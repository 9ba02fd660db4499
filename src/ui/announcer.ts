import type { TotpFlow } from '../flow/totp-flow.ts'
import type { TotpView } from '../flow/view.ts'
import type { Messages } from '../messages/messages.ts'
import { isShown } from './focus-soon.ts'
import { type Observable, observable } from './observable.ts'

/** What happened, named by its sentence in `announcements`. The others have sentences elsewhere. */
type Happening =
  | keyof Messages['announcements']
  | 'keySelected'
  | 'codesSelected'
  | 'help'
  | ((messages: Messages) => string)

export interface Announced {
  what: Happening | null
  /** The key of the region that announces it. */
  by: unknown
  /** The length of a wait when it began, seconds. */
  secondsLeft: number
}

/**
 * Announces once what happened, for assistive technology, in one of the flow's live regions. The region in an open dialog comes
 * first, since the rest of the page is hidden then. The text is cleared soon, or a region that reappears from behind a dialog
 * would repeat it. Follows the flow while it has a listener.
 */
export interface Announcer extends Observable<Announced> {
  say(what: Happening): void
  /** Adds a live region, by a key of its own. Returns the function that removes it. */
  join(region: Element, key?: unknown): () => void
}

/** Waits until focus has moved (ui/focus-soon.ts), which would interrupt the speech, and until the region is known. */
const SAYS_IT_AFTER_MS = 300
/** Long enough to be noticed. */
const EMPTIES_AFTER_MS = 4000
/** A check that takes longer is announced. */
const SLOW_MS = 1000

const NOTHING: Announced = { what: null, by: null, secondsLeft: 0 }

/** Keyed by a function of the flow, which stays the same behind a reactive proxy. */
const announcers = new WeakMap<TotpFlow['subscribe'], Announcer>()

/** Returns the flow's announcer, which all its UIs share. */
export function announcerOf(flow: TotpFlow): Announcer {
  const known = announcers.get(flow.subscribe) ?? createAnnouncer(flow)
  announcers.set(flow.subscribe, known)
  return known
}

function createAnnouncer(flow: TotpFlow): Announcer {
  const regions = new Map<unknown, Element>()
  let before = flow.getView()
  let last: Happening | null = null
  let saying: ReturnType<typeof setTimeout> | undefined
  let checking: ReturnType<typeof setTimeout> | undefined

  function say(what: Happening) {
    stop()
    last = what
    saying = setTimeout(() => {
      set({ what, by: chosen(), secondsLeft: secondsLeft(flow) })
      saying = setTimeout(stop, EMPTIES_AFTER_MS)
    }, SAYS_IT_AFTER_MS)
  }
  function stop() {
    clearTimeout(saying)
    set(NOTHING)
  }
  function chosen() {
    const shown = [...regions].filter(([, region]) => isShown(region))
    const [key = null] = shown.find(([, region]) => region.closest('dialog[open]')) ?? shown[0] ?? []
    return key
  }

  function look() {
    const view = flow.getView()
    const what = happened(before, view)
    if (view.state !== before.state) clearTimeout(checking)
    // The browser announces its own passkey prompt.
    if (view.state === 'verifying' && before.state !== 'verifying' && view.checking !== 'passkey')
      checking = setTimeout(() => say('checking'), SLOW_MS)
    else if (before.state === 'verifying' && view.state !== 'verifying' && last === 'checking') stop()
    before = view
    if (what) say(what)
  }

  const { set, ...announced } = observable(NOTHING, () => {
    before = flow.getView()
    const leave = flow.subscribe(look)
    return () => {
      leave()
      clearTimeout(checking)
      stop()
    }
  })
  return {
    ...announced,
    say,
    join(region, key = region) {
      regions.set(key, region)
      return () => {
        regions.delete(key)
      }
    },
  }
}

/** Names what happened between two views. */
function happened(before: TotpView, now: TotpView): Happening | null {
  const wasOn = before.device?.verified === true
  const isOn = now.device?.verified === true
  if (now.recoveryCodes && now.recoveryCodes !== before.recoveryCodes && wasOn) return 'codesReplaced'
  if (isOn && !wasOn && before.device !== undefined) return 'enabled'
  if (wasOn && now.device === null) return 'removed'
  if (now.detail === 'throttled' && before.detail !== 'throttled') return 'wait'
  if (before.detail === 'throttled' && now.detail === 'ready' && now.showsCodeField) return 'tryAgain'
  return null
}

function secondsLeft(flow: TotpFlow): number {
  const now = flow.actor.getSnapshot().context.time.now()
  return Math.max(1, Math.ceil(((flow.getView().retryAt ?? 0) - now) / 1000))
}

/** The text of a live region. */
export function announcementOf({ what, secondsLeft }: Announced, messages: Messages): string {
  if (what === null) return ''
  if (typeof what === 'function') return what(messages)
  if (what === 'keySelected') return messages.enrollment.keySelected
  if (what === 'codesSelected') return messages.recovery.selected
  if (what === 'help') return messages.code.help
  if (what === 'wait') return messages.announcements.wait(secondsLeft)
  return messages.announcements[what]
}

import type { TotpFlow } from '../flow/totp-flow.ts'
import type { TotpView } from '../flow/view.ts'
import type { Messages } from '../messages/messages.ts'
import { isShown } from './focus-soon.ts'
import { type Observable, observable } from './observable.ts'

/** What has happened, by its sentence in the catalog; the others have theirs elsewhere. */
type Happening =
  | keyof Messages['announcements']
  | 'keySelected'
  | 'codesSelected'
  | 'help'
  | ((messages: Messages) => string)

export interface Announced {
  what: Happening | null
  /** Which region says it. */
  by: Element | null
  /** How long a wait lasts, at its beginning. */
  secondsLeft: number
}

/**
 * Says once what has happened, for assistive technology: in one of the live regions that faces of a flow have, the one in
 * the open dialog before all others, since the rest of the page is hidden then. What it says is emptied soon, or a region
 * that comes out from behind a dialog would say it again. It follows the flow while somebody listens.
 */
export interface Announcer extends Observable<Announced> {
  say(what: Happening): void
  /** Adds a live region; returns the function that takes it away. */
  join(region: Element): () => void
}

/** After the focus has moved (ui/focus-soon.ts), which would cut it short, and in a region that was there before. */
const SAYS_IT_AFTER_MS = 300
/** Long enough to be noticed. */
const EMPTIES_AFTER_MS = 4000
/** A check that takes longer is said to be under way. */
const SLOW_MS = 1000

const NOTHING: Announced = { what: null, by: null, secondsLeft: 0 }

/** By a function of the flow, which is the same behind a reactive proxy. */
const announcers = new WeakMap<TotpFlow['subscribe'], Announcer>()

/** The one of a flow, which all its faces share. */
export function announcerOf(flow: TotpFlow): Announcer {
  const known = announcers.get(flow.subscribe) ?? createAnnouncer(flow)
  announcers.set(flow.subscribe, known)
  return known
}

function createAnnouncer(flow: TotpFlow): Announcer {
  const regions = new Set<Element>()
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
    const shown = [...regions].filter(isShown)
    return shown.find((region) => region.closest('dialog[open]')) ?? shown[0] ?? null
  }

  function look() {
    const view = flow.getView()
    const what = happened(before, view)
    if (view.state !== before.state) clearTimeout(checking)
    // What the browser shows for a passkey speaks for itself.
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
    join(region) {
      regions.add(region)
      return () => {
        regions.delete(region)
      }
    },
  }
}

/** What a change of the view is to be told as. */
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

/** What a live region is to say. */
export function announcementOf({ what, secondsLeft }: Announced, messages: Messages): string {
  if (what === null) return ''
  if (typeof what === 'function') return what(messages)
  if (what === 'keySelected') return messages.enrollment.keySelected
  if (what === 'codesSelected') return messages.recovery.selected
  if (what === 'help') return messages.code.help
  if (what === 'wait') return messages.announcements.wait(secondsLeft)
  return messages.announcements[what]
}

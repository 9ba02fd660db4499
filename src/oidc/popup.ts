import { TotpFlowError } from '../contract/errors.ts'

/** The prefix of popups' states, by which the page of the redirect URI recognizes a popup's answer. */
const PREFIX = 'popup.'
export const popupState = (random: string) => `${PREFIX}${random}`

/** Reaches only this origin, and only pages that know the state. */
const channelOf = (state: string) => new BroadcastChannel(`totp-flow-oidc ${state}`)

const EVERY_MS = 200
/** An answer may still arrive from a popup that has just closed itself. */
const CLOSED_FOR_MS = 1000

/**
 * Passes the answer in the URL to the page that opened this popup, and closes the popup. For the page of the redirect
 * URI, if that is not the app itself. Returns `false` if this is not a popup's answer. That page needs only this
 * function.
 *
 * @example
 * ```ts
 * import { answerPopup } from 'totp-flow/oidc'
 *
 * answerPopup()
 * ```
 */
export function answerPopup(): boolean {
  const { search } = location
  const state = new URLSearchParams(search).get('state')
  if (!state?.startsWith(PREFIX)) return false
  history.replaceState(history.state, '', location.pathname)
  const channel = channelOf(state)
  channel.postMessage(search)
  channel.close()
  close()
  return true
}

/** Waits for the popup's answer to this state. Rejects with `cancelled` if the popup is closed first. */
export function answerOf(
  popup: Window,
  state: string,
  signal: AbortSignal | undefined,
): Promise<URLSearchParams> {
  const channel = channelOf(state)
  let closedFor = 0
  let watching: ReturnType<typeof setInterval> | undefined
  const ending = new AbortController()
  return new Promise<URLSearchParams>((resolve, reject) => {
    channel.addEventListener('message', ({ data }) => {
      if (typeof data === 'string') resolve(new URLSearchParams(data))
    })
    watching = setInterval(() => {
      // A provider with a Cross-Origin-Opener-Policy looks closed from the start. Once it really is, this page has the focus again.
      closedFor = popup.closed && document.hasFocus() ? closedFor + EVERY_MS : 0
      if (closedFor >= CLOSED_FOR_MS) reject(new TotpFlowError('cancelled'))
    }, EVERY_MS)
    const abort = () => reject(TotpFlowError.from(signal?.reason, 'aborted'))
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { signal: ending.signal })
  }).finally(() => {
    clearInterval(watching)
    ending.abort()
    channel.close()
  })
}

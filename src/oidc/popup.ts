import { TotpFlowError } from '../contract/errors.ts'

/** Begins the states of popups: the page of the redirect URI tells by it whose answer it has. */
const PREFIX = 'popup.'
export const popupState = (random: string) => `${PREFIX}${random}`

/** Of this origin alone, and known to nobody without the state. */
const channelOf = (state: string) => new BroadcastChannel(`totp-flow-oidc ${state}`)

const EVERY_MS = 200
/** An answer may still be on its way from a popup that has closed itself. */
const CLOSED_FOR_MS = 1000

/**
 * For the page of the redirect URI, where it is not the app's own: hands the answer in its URL to the page that opened this
 * popup, and closes it. `false` if this is no popup's answer. It needs nothing but this function.
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

/** The answer to this state, as the popup's last page hands it over; rejects with `cancelled` when it is closed before. */
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
      // A provider with a Cross-Origin-Opener-Policy looks closed from the start: people are back here when it is.
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

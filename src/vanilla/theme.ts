const THEME = new URL('../theme.css', import.meta.url).href

/**
 * Gives a shadow root the default look. Where a bundler has put the stylesheet into the script, as in the standalone file,
 * it is adopted, which no Content-Security-Policy forbids; else it is loaded from its file.
 */
export function addTheme(root: ShadowRoot, nonce = ''): void {
  const sheet = inlined(root.ownerDocument)
  if (sheet) root.adoptedStyleSheets = [sheet]
  else loadInto(root, nonce)
}

/** Of each document its own: none takes one that was made in another. */
const adopted = new WeakMap<Document, CSSStyleSheet>()
function inlined(page: Document): CSSStyleSheet | undefined {
  const [, isBase64, data = ''] = /^data:[^,]*?(;base64)?,(.*)$/.exec(THEME) ?? []
  if (data === '') return undefined
  const sheet = adopted.get(page) ?? new (page.defaultView ?? window).CSSStyleSheet()
  if (!adopted.has(page)) sheet.replaceSync(isBase64 ? atob(data) : decodeURIComponent(data))
  adopted.set(page, sheet)
  return sheet
}

/** Until the look is there, or could not be had, nothing is seen: not even a dialog, which its section does not cover. */
function loadInto(root: ShadowRoot, nonce: string) {
  const link = document.createElement('link')
  link.rel = 'stylesheet'
  link.href = THEME
  link.nonce = nonce
  const unseen = root.querySelectorAll<HTMLElement>('[part=root], dialog')
  const show = (opacity: string) => {
    for (const element of unseen) element.style.opacity = opacity
  }
  show('0')
  for (const type of ['load', 'error']) link.addEventListener(type, () => show(''))
  root.prepend(link)
}

const THEME = new URL('../theme.css', import.meta.url).href

/**
 * Gives a shadow root the default look. Adopts the stylesheet if a bundler has put it into the script, as in the standalone
 * file; no Content-Security-Policy forbids that. Otherwise loads it from its file.
 */
export function addTheme(root: ShadowRoot, nonce = ''): void {
  const sheet = inlined(root.ownerDocument)
  if (sheet) root.adoptedStyleSheets = [sheet]
  else loadInto(root, nonce)
}

/** One per document, since a document rejects a sheet that another created. */
const adopted = new WeakMap<Document, CSSStyleSheet>()
function inlined(page: Document): CSSStyleSheet | undefined {
  const [, isBase64, data = ''] = /^data:[^,]*?(;base64)?,(.*)$/.exec(THEME) ?? []
  if (data === '') return undefined
  const sheet = adopted.get(page) ?? new (page.defaultView ?? window).CSSStyleSheet()
  if (!adopted.has(page)) sheet.replaceSync(isBase64 ? atob(data) : decodeURIComponent(data))
  adopted.set(page, sheet)
  return sheet
}

/** Hides everything until the stylesheet has loaded or failed. The dialog, too: the opacity of its section does not cover it. */
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

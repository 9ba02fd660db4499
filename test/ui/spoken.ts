/** What assistive technology speaks of by itself when it changes, by ARIA 1.2 and by HTML-AAM. */
const LIVE = 'output, [aria-live], [role=status], [role=alert], [role=log], [role=timer], [role=marquee]'

/** The words of all live regions in the document and in shadow trees. */
export function liveWords(root: Document | ShadowRoot = document): string[] {
  const inShadows = [...root.querySelectorAll('*')].flatMap(({ shadowRoot }) =>
    shadowRoot ? liveWords(shadowRoot) : [],
  )
  const regions = [...root.querySelectorAll(LIVE)].filter(({ ariaLive }) => ariaLive !== 'off')
  return [...regions.map(wordsOf), ...inShadows]
}

function wordsOf(region: Element): string {
  return [...region.childNodes]
    .map((node) => {
      if (!(node instanceof Element)) return node.textContent
      const field = node instanceof HTMLInputElement ? node.value : ''
      return node.ariaLive === 'off' ? '' : `${field} ${wordsOf(node)}`
    })
    .join('')
}

/** What is spoken from now on: what a live region that can be reached holds whenever it changes. */
export function listen(): string[] {
  const spoken: string[] = []
  const observer = new MutationObserver((records) => {
    const changed = new Set(records.map(({ target }) => regionOf(target)))
    const modal = [...openDialogs()].at(-1)
    for (const region of changed) {
      const words = region?.textContent?.trim()
      if (region?.checkVisibility() && words && (!modal || modal.contains(region))) spoken.push(words)
    }
  })
  const watch = { childList: true, characterData: true, subtree: true }
  observer.observe(document, watch)
  for (const { shadowRoot } of document.querySelectorAll('*'))
    if (shadowRoot) observer.observe(shadowRoot, watch)
  return spoken
}

function regionOf(node: Node): Element | null {
  const element = node instanceof Element ? node : node.parentElement
  const region = element?.closest(LIVE) ?? null
  return region?.ariaLive === 'off' ? null : region
}

function* openDialogs(root: Document | ShadowRoot = document): Generator<Element> {
  yield* root.querySelectorAll('dialog[open]')
  for (const { shadowRoot } of root.querySelectorAll('*')) if (shadowRoot) yield* openDialogs(shadowRoot)
}

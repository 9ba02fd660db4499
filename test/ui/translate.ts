/** What a browser's translation does to a text: puts it into `<font>`s, itself or as another text. */
export const translations = ['wraps texts', 'replaces texts'] as const
export type Translation = (typeof translations)[number]

/** Stands before each text that was translated. */
const MARK = '\u2060'
export const untranslated = (text: string) => text.replaceAll(MARK, '')

/** Translates what stands in a tree and whatever comes into it, as browsers do; returns the function that ends that. */
export function translate(root: Element | ShadowRoot, translation: Translation): () => void {
  const observer = new MutationObserver(all)
  const watch = { childList: true, characterData: true, subtree: true }
  function all() {
    observer.disconnect()
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
    const texts: Text[] = []
    while (walker.nextNode()) if (walker.currentNode instanceof Text) texts.push(walker.currentNode)
    for (const text of texts) one(text)
    observer.observe(root, watch)
  }
  function one(text: Text) {
    if (text.data.includes(MARK) || text.parentElement?.closest('[translate=no], style')) return
    const words = MARK + text.data
    if (text.parentElement?.localName === 'font') {
      text.data = words
      return
    }
    const outer = document.createElement('font')
    const inner = outer.appendChild(document.createElement('font'))
    text.replaceWith(outer)
    inner.append(translation === 'wraps texts' ? text : words)
    if (translation === 'wraps texts') text.data = words
  }
  all()
  return () => observer.disconnect()
}

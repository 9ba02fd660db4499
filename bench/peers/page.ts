import { JSDOM } from 'jsdom'

/** The window of an empty page in light colors. */
export function emptyPage() {
  const { window } = new JSDOM('<main></main>', { pretendToBeVisual: true })
  return Object.assign(window, { matchMedia: () => ({ matches: false }) })
}

/** The look of the element where a bundler has put the stylesheet into the script. */
import { expect, it, onTestFinished, vi } from 'vitest'

const CSS = '[part=root] { color: rgb(1, 2, 3) }'
it.each([
  ['as text', `data:text/css,${encodeURIComponent(CSS)}`],
  ['as text with its characters named', `data:text/css;charset=utf-8,${encodeURIComponent(CSS)}`],
  ['in Base64', `data:text/css;base64,${btoa(CSS)}`],
])('a theme inlined in the script %s is adopted once per document', async (_how, href) => {
  vi.resetModules()
  vi.stubGlobal(
    'URL',
    class extends URL {
      override get href() {
        return href
      }
    },
  )
  const { addTheme } = await import('../../src/vanilla/theme.ts')
  vi.unstubAllGlobals()
  onTestFinished(() => document.body.replaceChildren())
  const themed = (page: Document) => {
    const host = page.body.appendChild(page.createElement('div'))
    const root = host.attachShadow({ mode: 'open' })
    root.innerHTML = '<p part="root"></p>'
    addTheme(root)
    expect(root.querySelector('link')).toBeNull()
    expect(page.defaultView?.getComputedStyle(root.querySelector('p') as Element).color).toBe('rgb(1, 2, 3)')
    return root.adoptedStyleSheets
  }
  const [first, second] = [themed(document), themed(document)]
  expect(first).toHaveLength(1)
  expect(first[0]).toBe(second[0])
  const frame = document.body.appendChild(document.createElement('iframe'))
  const page = frame.contentDocument
  if (!page) throw new Error('no frame')
  const [own] = themed(page)
  expect(own).not.toBe(first[0])
  expect(themed(page)[0]).toBe(own)
})

import 'totp-flow/theme.css'
import { expect, it, onTestFinished } from 'vitest'
import { page } from 'vitest/browser'

it.each([300, 400, 800])(
  'a dialog with more content than fits a window %i px high stays inside it',
  async (height) => {
    await page.viewport(500, height)
    const dialog = document.createElement('dialog')
    dialog.dataset.totp = ''
    dialog.part.add('dialog')
    dialog.innerHTML = '<div style="height: 1200px"></div>'
    document.body.append(dialog)
    onTestFinished(() => dialog.remove())
    dialog.showModal()
    expect(dialog.getBoundingClientRect().bottom).toBeLessThanOrEqual(innerHeight)
  },
)

/** Relative luminance (WCAG 2.2) of a color as computed styles have it. */
function luminanceOf(color: string): number {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d')
  if (!canvas) throw new Error('There is no canvas.')
  canvas.fillStyle = color
  canvas.fillRect(0, 0, 1, 1)
  const [r = 0, g = 0, b = 0] = [...canvas.getImageData(0, 0, 1, 1).data].map((byte) => {
    const value = byte / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

it.each(['gold', 'navy', '#e91e63', 'oklch(0.56 0.2 250)', 'hsl(150 100% 36%)', 'black', 'white', '#777'])(
  'the text of the primary button can be read on an accent of %s',
  (accent) => {
    const card = document.createElement('div')
    card.dataset.totp = ''
    card.style.setProperty('--totp-accent', accent)
    card.innerHTML = '<button part="button primary">Verify</button>'
    document.body.append(card)
    onTestFinished(() => card.remove())
    const { color, backgroundColor } = getComputedStyle(card.firstElementChild ?? card)
    const [dark = 0, light = 0] = [luminanceOf(color), luminanceOf(backgroundColor)].sort((a, b) => a - b)
    expect((light + 0.05) / (dark + 0.05)).toBeGreaterThanOrEqual(4.5)
  },
)

it('the radius and the font of a page reach every part', () => {
  const card = document.createElement('div')
  card.dataset.totp = ''
  card.style.cssText = '--totp-radius: 0px; --totp-font: serif'
  card.innerHTML =
    '<button part="button"></button><svg part="qr-code"></svg><section data-totp part="recovery-codes"></section>'
  document.body.append(card)
  onTestFinished(() => card.remove())
  for (const part of card.children) {
    expect(getComputedStyle(part).borderRadius).toBe('0px')
    expect(getComputedStyle(part).fontFamily).toBe('serif')
  }
})

import 'totp-flow/theme.css'
import { expect, it, onTestFinished } from 'vitest'
import { page } from 'vitest/browser'

it.each([300, 400, 800])(
  'a dialog with more in it than a window %i px high holds ends inside it',
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

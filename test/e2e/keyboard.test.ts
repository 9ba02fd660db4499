import type { Page } from 'playwright'
import { expect, it, onTestFinished } from 'vitest'
import { serveOnLocalhost, withPage } from '../support/example-page.ts'
import { oathtool } from '../support/tools.ts'
import { demoInBrowser, wrongCode } from './demo-page.ts'

const here = demoInBrowser()

interface Focused {
  name: string
  isBody: boolean
  /** A region that got the focus from a control that is gone: no key does anything with it. */
  isRegion: boolean
  isMarked: boolean
  isCovered: boolean
  isInDialog: boolean
}

/** Where the focus is once a face has put it: that comes a moment after what it shows. */
async function settledFocus(page: Page): Promise<Focused> {
  let before = await focusedOn(page)
  for (let quiet = 0; quiet < 3; ) {
    await page.waitForTimeout(50)
    const now = await focusedOn(page)
    quiet = now.name === before.name ? quiet + 1 : 0
    before = now
  }
  return before
}

/** What has the focus, as a person who looks at the page finds it. */
const focusedOn = (page: Page): Promise<Focused> =>
  page.evaluate(() => {
    let element = document.activeElement ?? document.body
    while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    const box = element.getBoundingClientRect()
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2]
    let top = document.elementFromPoint(x, y)
    while (top?.shadowRoot) {
      const within: Element | null = top.shadowRoot.elementFromPoint(x, y)
      if (!within || within === top) break
      top = within
    }
    /** As the page is drawn: what the host put into a slot is within what the slot is in. */
    function isWithin(part: Element | null, whole: Element): boolean {
      const above = part?.assignedSlot ?? part?.parentNode
      const outer = above instanceof ShadowRoot ? above.host : above
      return part === whole || (outer instanceof Element && isWithin(outer, whole))
    }
    const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : null
    return {
      name: (element.ariaLabel ?? label ?? element.textContent ?? '').trim(),
      isBody: element === document.body,
      isRegion: element instanceof HTMLElement && element.tabIndex < 0,
      isMarked: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0,
      isCovered: !(top && (isWithin(top, element) || isWithin(element, top))),
      isInDialog: element.closest('dialog') !== null,
    }
  })

/** Walks a page by keys alone; what is wrong with the focus in any state is in `problems`. */
function byKeys(page: Page) {
  const problems: string[] = []
  const states: string[] = []
  const dialog = page.getByRole('dialog')

  /** Presses a key until the same comes round again. */
  async function round(key: string, state: string): Promise<string[]> {
    const names: string[] = []
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press(key)
      const focused = await focusedOn(page)
      if (focused.isBody) continue // where a browser has its own bars
      if (names.includes(focused.name)) return names
      names.push(focused.name)
      if (!focused.isMarked) problems.push(`${state}: the focus on “${focused.name}” is not seen`)
      if (focused.isCovered) problems.push(`${state}: “${focused.name}” is under something`)
    }
    problems.push(`${state}: ${key} finds no end`)
    return names
  }

  return {
    problems,
    states,
    /** After something was done. */
    async look(state: string, expected: string[]) {
      states.push(state)
      await expect.poll(async () => (await focusedOn(page)).isBody, { message: state }).toBe(false)
      const now = await settledFocus(page)
      if (!now.isRegion && !now.isMarked) problems.push(`${state}: the focus on “${now.name}” is not seen`)
      if (now.isCovered) problems.push(`${state}: “${now.name}” is under something`)
      const isModal = await dialog.isVisible()
      const there = await round('Tab', state)
      const back = await round('Shift+Tab', state)
      if ([...there].sort().join() !== [...back].sort().join())
        problems.push(`${state}: Tab finds ${there}; Shift+Tab finds ${back}`)
      for (const name of expected)
        if (!there.includes(name)) problems.push(`${state}: Tab does not find “${name}”, but ${there}`)
      if (isModal !== (await focusedOn(page)).isInDialog) problems.push(`${state}: the focus left the dialog`)
    },
    async goTo(name: string) {
      for (let presses = 0; presses < 60; presses += 1) {
        if ((await focusedOn(page)).name === name) return
        await page.keyboard.press('Tab')
      }
      throw new Error(`Tab does not find “${name}”`)
    },
  }
}

const FIELD = '6-digit code'
const SET_UP = 'Set up authenticator app'
const EXPORT = 'Export private key'
const SAVED = 'I have saved these codes'

/** Each page, up to the button that sets up; and whether it asks in a dialog, and takes codes of both kinds. */
const faces: Record<string, (page: Page) => Promise<{ remove: string; isWhole: boolean }>> = {
  async 'React components'(page) {
    await signInByKeys(page, 'react@keys.example.com')
    return { remove: 'Remove authenticator app', isWhole: true }
  },
  async '<totp-flow>'(page) {
    await signInByKeys(page, 'element@keys.example.com')
    await page.goto(new URL('/element', page.url()).href)
    await page.getByText('No authenticator app yet').waitFor()
    await page.keyboard.press('Tab')
    return { remove: 'Remove authenticator app', isWhole: true }
  },
  async 'a page over bindTotpFlow'(page) {
    const served = await serveOnLocalhost(
      await withPage('../test/heard/bound', (_request, response) => response.writeHead(404).end()),
    )
    onTestFinished(served.close)
    await page.goto(served.origin)
    await page.keyboard.press('Tab')
    return { remove: 'Remove authenticator app', isWhole: false }
  },
}

async function signInByKeys(page: Page, email: string) {
  const { goTo, look, problems } = byKeys(page)
  await page.getByRole('button', { name: 'Continue as demo user' }).waitFor()
  await page.keyboard.press('Tab')
  await look('signed out', ['Email'])
  await goTo('Email')
  await page.keyboard.press('Control+A')
  await page.keyboard.type(email)
  await goTo('Continue as demo user')
  await page.keyboard.press('Enter')
  await page.getByText('No authenticator app yet').waitFor()
  expect(problems).toEqual([])
}

it.each(Object.entries(faces))(
  'every state of %s is reached and left by keys alone, with the focus in sight',
  async (_face, arrive) => {
    const page = await here.open({ reducedMotion: 'reduce' })
    const { remove, isWhole } = await arrive(page)
    const { goTo, look, problems, states } = byKeys(page)
    const { keyboard } = page
    const press = async (name: string, key: 'Enter' | 'Space') => {
      await goTo(name)
      await keyboard.press(key)
    }
    async function enter(code: string) {
      await goTo(FIELD)
      await keyboard.type(code)
      await keyboard.press('Enter')
    }
    const field = page.getByRole('textbox', { name: FIELD })
    const alert = page.getByRole('alert').filter({ hasText: 'didn’t match' }).first()
    const whole = (...names: string[]) => (isWhole ? names : [])

    await look('none', [SET_UP])
    await press(SET_UP, 'Space')
    await field.waitFor()
    await look('enrolling', [
      'Open in an authenticator app',
      ...whole('Can’t scan?'),
      FIELD,
      'Verify',
      'Cancel',
    ])
    if (isWhole) {
      await press('Can’t scan?', 'Enter')
      await look('key unfolded', ['Copy'])
    }
    const shown = page.locator('[part~=key], [data-totp-text=secret]').first()
    const secret = ((await shown.textContent()) ?? '').replace(/\s/g, '')
    await enter(wrongCode(secret))
    await alert.waitFor()
    await look('wrong code', [FIELD])
    await enter(oathtool(secret))
    await page.getByText('Authenticator app is on').waitFor()
    await page.getByRole('button', { name: SAVED }).waitFor()
    await look('codes to save', [SAVED, ...whole('Copy codes', 'Download', 'Print')])
    if (isWhole) await press('Copy codes', 'Space')
    await page.getByRole('button', { name: SAVED, disabled: false }).waitFor() // the clipboard may take its time
    await press(SAVED, 'Enter')
    await page.getByRole('button', { name: SAVED }).waitFor({ state: 'hidden' })
    await look('on', [EXPORT, remove, 'Generate new codes'])
    await press(EXPORT, 'Enter')
    await field.waitFor()
    await look('step-up', [FIELD, 'Verify', 'Cancel', ...whole('Use a recovery code instead')])
    if (isWhole) {
      await press('Use a recovery code instead', 'Space')
      await look('recovery code', ['Recovery code', 'Use your authenticator app instead'])
      await keyboard.press('Escape')
    } else await press('Cancel', 'Enter')
    await field.waitFor({ state: 'hidden' })
    if (isWhole) expect((await focusedOn(page)).name).toBe(EXPORT)
    await look('canceled', [EXPORT])
    await press(remove, 'Space')
    await field.waitFor()
    for (const nth of [0, 1, 2, 3, 4]) {
      const before = nth === 0 ? null : await alert.textContent()
      await enter(wrongCode(secret, nth))
      await alert.waitFor()
      await expect.poll(() => alert.textContent()).not.toBe(before) // it differs each time, to be spoken again
    }
    await page.getByText('seconds left').filter({ visible: true }).waitFor()
    await look('throttled', ['Verify', 'Cancel'])
    await press('Cancel', 'Space')
    await field.waitFor({ state: 'hidden' })
    await look('canceled while throttled', [remove])
    if (isWhole) {
      await page.route('**/users/mfa', (route) => route.abort())
      await page.reload()
      await page.getByRole('button', { name: 'Try again' }).waitFor()
      await keyboard.press('Tab')
      await look('unavailable', ['Try again'])
    }
    expect(problems).toEqual([])
    expect(states.length).toBeGreaterThan(8)
  },
)

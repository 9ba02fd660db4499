/** A visitor who has the keyboard and the screen reader. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Locator, Page } from 'playwright'
import { oathtool } from '../support/tools.ts'
import type { Desktop } from './desktop.ts'

export interface Step {
  title: string
  said: string[]
}

export interface Heard {
  steps: Step[]
  /** What is never said by itself: the setup key in groups, the recovery codes, the exported key. */
  unsaid: string[]
}

interface Visited {
  desktop: Desktop
  page: Page
  /** Whether a reload finds what was begun: not where the service is in the page. */
  isKept: boolean
}

const PERIOD_MS = 30_000
const SECRET = '[part~=key], [data-totp-text=secret]'
/** Of which Orca says each digit, and no more. */
const WRONG = ['314159', '271828', '141421', '173205', '161803', '236067', '264575']
const CODES = '[part~=code-list] li, [data-totp-list=recovery-codes] li'

/** What a person does with the keyboard, which is kept with what is said at it. */
export async function visit({ desktop, page, isKept }: Visited) {
  const heard: Heard = { steps: [], unsaid: [] }
  const button = (name: string) => page.getByRole('button', { name, exact: true })
  const field = page.getByRole('textbox', { name: '6-digit code' })
  const offers = (name: string) => button(name).isVisible()
  let secret = ''
  let lastPeriod = 0

  async function step(title: string, act: () => unknown, until?: Locator) {
    await act()
    await until?.waitFor()
    heard.steps.push({ title, said: await desktop.listen() })
  }
  const key = (name: string, title: string, until?: Locator) => step(title, () => desktop.press(name), until)
  /** Goes to a button as with a list of all buttons, and presses it. */
  async function press(name: string, until?: Locator) {
    await step(`to “${name}”`, () => button(name).focus())
    await key('Return', `press “${name}”`, until)
  }
  async function enter(code: string) {
    desktop.type(code)
    // A screen reader that has not heard of the focus takes digits for commands.
    const typed = () => page.evaluate((): unknown => Reflect.get(globalThis, 'lastTyped'))
    for (const end = Date.now() + 10_000; (await typed()) !== code; await sleep(50))
      if (Date.now() > end) {
        const said = heard.steps.slice(-2).flatMap((step) => step.said)
        throw new Error(`${code} was typed, and ${await typed()} arrived, after “${said.join(' ')}”.`)
      }
  }
  /** What goes by itself. */
  async function type(title: string, code: string, until?: Locator) {
    await step(`type ${title}`, () => enter(code), until)
  }
  /** The code of a removal goes by a key alone. */
  async function typeAndEnter(title: string, code: string, until?: Locator) {
    await step(`type ${title}`, () => enter(code))
    await key('Return', 'press Enter', until)
  }
  const wrong = (nth: number) => {
    const right = [-1, 0, 1, 2].map((periods) => oathtool(secret, periods * 30))
    return WRONG.filter((code) => !right.includes(code)).at(nth) ?? ''
  }
  /** One that was not used yet: the server takes that of the last half minute, of this one, and of the next. */
  async function rightCode(): Promise<string> {
    const now = () => Math.floor(Date.now() / PERIOD_MS)
    while (lastPeriod > now()) await sleep(500)
    lastPeriod = Math.max(lastPeriod + 1, now()) // that of the last half minute may be too old once it is typed
    return oathtool(secret, (lastPeriod - now()) * 30)
  }
  const alert = (words: string) => page.getByRole('alert').filter({ hasText: words }).first()
  /** Opens the enrollment, and takes its key as one reads it. */
  async function beginEnrollment() {
    await press('Set up authenticator app', field)
    secret = ((await page.locator(SECRET).first().textContent()) ?? '').replace(/\s/g, '')
    heard.unsaid.push(...(secret.match(/.{4}/g) ?? []))
  }
  const removeButton = async () =>
    (await offers('Remove authenticator app')) ? 'Remove authenticator app' : 'Remove authenticator app'
  async function saveCodes() {
    const codes = await page.locator(CODES).allTextContents()
    heard.unsaid.push(...codes)
    if (await offers('Copy codes')) await press('Copy codes')
    await press('I have saved these codes', page.getByText('Remove').first())
    return codes
  }

  function keepTyped() {
    const keep = (event: Event) =>
      Reflect.set(globalThis, 'lastTyped', Reflect.get(event.composedPath()[0] ?? {}, 'value'))
    document.addEventListener('input', keep, true)
  }
  await page.addInitScript(keepTyped) // a reload forgets it
  await page.evaluate(keepTyped)
  return {
    heard,
    page,
    isKept,
    button,
    field,
    offers,
    step,
    key,
    press,
    type,
    typeAndEnter,
    wrong,
    rightCode,
    alert,
    beginEnrollment,
    removeButton,
    saveCodes,
  }
}

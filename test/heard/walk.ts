/** The whole flow with the keyboard, and what is said at each step. */
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

const PERIOD_MS = 30_000
const SECRET = '[part~=key], [data-totp-text=secret]'
/** Of which Orca says each digit, and no more. */
const WRONG = ['314159', '271828', '141421', '173205', '161803', '236067', '264575']
const CODES = '[part~=code-list] li, [data-totp-list=recovery-codes] li'

/** From a page that asks to set up. */
export async function walk(desktop: Desktop, page: Page): Promise<Heard> {
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
  /** Goes to a button as with a list of all buttons, and presses it. */
  async function press(name: string, until?: Locator) {
    await step(`to “${name}”`, () => button(name).focus())
    await step(`press “${name}”`, () => desktop.press('Return'), until)
  }
  async function enter(code: string) {
    desktop.type(code)
    // A screen reader that has not heard of the focus takes digits for commands.
    await page.waitForFunction((code) => Reflect.get(globalThis, 'lastTyped') === code, code, {
      timeout: 10_000,
    })
  }
  /** What goes by itself. */
  async function type(title: string, code: string, until?: Locator) {
    await step(`type ${title}`, () => enter(code), until)
  }
  /** The code of a removal goes by a key alone. */
  async function typeAndEnter(title: string, code: string, until?: Locator) {
    await step(`type ${title}`, () => enter(code))
    await step('press Enter', () => desktop.press('Return'), until)
  }
  const wrong = (nth: number) => {
    const right = [-1, 0, 1, 2].map((periods) => oathtool(secret, periods * 30))
    return WRONG.filter((code) => !right.includes(code)).at(nth) ?? ''
  }
  /** One that was not used yet: the server takes that of the last half minute, of this one, and of the next. */
  async function rightCode(): Promise<string> {
    const now = () => Math.floor(Date.now() / PERIOD_MS)
    while (lastPeriod > now()) await sleep(500)
    lastPeriod = Math.max(lastPeriod + 1, now() - 1)
    return oathtool(secret, (lastPeriod - now()) * 30)
  }
  async function keepUnsaid(codes: Locator) {
    heard.unsaid.push(...(await codes.allTextContents()))
  }
  const alert = (words: string) => page.getByRole('alert').filter({ hasText: words }).first()
  async function saveCodes() {
    await keepUnsaid(page.locator(CODES))
    if (await offers('Copy codes')) await press('Copy codes')
    await press('I have saved these codes', page.getByText('Remove').first())
  }

  await page.evaluate(() => {
    const keep = (event: Event) =>
      Reflect.set(globalThis, 'lastTyped', Reflect.get(event.composedPath()[0] ?? {}, 'value'))
    document.addEventListener('input', keep, true)
  })
  await press('Set up authenticator app', field)
  secret = ((await page.locator(SECRET).first().textContent()) ?? '').replace(/\s/g, '')
  heard.unsaid.push(...(secret.match(/.{4}/g) ?? []))
  await type('a wrong code', wrong(0), alert('didn’t match'))
  await step('press Enter on the same code', () => desktop.press('Return'))
  await type('another wrong code', wrong(1))
  await type('the right code', await rightCode(), page.getByText('Authenticator app is on'))
  await saveCodes()

  await press('Export private key', field)
  await step('press Enter in the empty field', () => desktop.press('Return'))
  await type('a wrong code', wrong(0), alert('didn’t match'))
  await type('the right code', await rightCode(), page.getByText(/^0x|^Exported/).first())
  await press('Export private key', field)
  if (await page.getByRole('dialog').isVisible())
    await step('press Escape', () => desktop.press('Escape'), button('Export private key'))
  else await press('Cancel', button('Export private key'))

  await keepUnsaid(page.getByText(/^0x/))
  await press('Generate new codes', field)
  await type('the right code', await rightCode(), button('I have saved these codes'))
  await saveCodes()

  await press((await offers('Remove device')) ? 'Remove device' : 'Remove authenticator app', field)
  for (const nth of [0, 1, 2, 3]) await typeAndEnter(`wrong code ${nth + 1}`, wrong(nth))
  const wait = page.getByText(/seconds left/).filter({ visible: true })
  await typeAndEnter('wrong code 5', wrong(4), wait)
  await step('press Enter during the wait', () => desktop.press('Return'))
  await step('until the wait ends', () => wait.waitFor({ state: 'hidden' }))
  await typeAndEnter('the right code', await rightCode(), page.getByText('No authenticator app yet'))

  await press('Set up authenticator app', field)
  const isKept = await page.evaluate(() => sessionStorage.length > 0) // a service in the page is gone with it
  if (isKept) await step('reload', () => page.reload(), button('Verify'))
  await press('Cancel', button('Set up authenticator app'))
  return heard
}

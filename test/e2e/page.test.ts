import { readFileSync } from 'node:fs'
import type { Locator, Page } from 'playwright'
import { expect, it } from 'vitest'
import { oathtool } from '../support/tools.ts'
import {
  button,
  codeField,
  countRequests,
  demoInBrowser,
  enroll,
  picture,
  scan,
  signIn,
  startEnrollment,
  typeCode,
  typeCodeAndEnter,
  wrongCode,
} from './demo-page.ts'

const here = demoInBrowser()
const dialogOf = (page: Page) => page.getByRole('dialog')
const headingOf = (page: Page) => page.getByRole('heading', { level: 1 })

it('a wrong code is sent once, however it is submitted', async () => {
  const page = await here.openAs('once@example.com', {}, (page) => page.clock.install())
  const secret = await startEnrollment(page, 'once')
  const attempts = countRequests(page, '/auth/totp')
  const wrong = page.getByRole('alert').filter({ hasText: 'didn’t match' })

  await codeField(page).fill(wrongCode(secret))
  await page.keyboard.press('Enter')
  await wrong.waitFor()
  await page.clock.runFor(2000) // past the time at which a whole code goes by itself
  await page.keyboard.press('Enter')
  await button(page, 'Verify').dblclick()
  expect(attempts()).toBe(1)
  expect(await codeField(page).evaluate((field) => document.activeElement === field)).toBe(true)

  await codeField(page).fill(wrongCode(secret, 1))
  await page.clock.runFor(2000)
  await expect.poll(attempts).toBe(2)
  await wrong.waitFor()
  await page.keyboard.press('Enter')
  expect(attempts()).toBe(2)

  await typeCode(page, oathtool(secret))
  await page.getByText('Authenticator app is on').waitFor()
  expect(attempts()).toBe(3)
})

it('a code that the network lost can be sent again', async () => {
  const page = await here.openAs('lost@example.com')
  const secret = await startEnrollment(page, 'lost')
  await page.context().setOffline(true)
  await typeCode(page, oathtool(secret))
  await page.getByRole('alert').filter({ hasText: 'couldn’t reach the server' }).waitFor()
  await page.context().setOffline(false)
  await button(page, 'Verify').click()
  await page.getByText('Authenticator app is on').waitFor()
})

it('a double click signs in once', async () => {
  const page = await here.open()
  const signIns = [countRequests(page, '/demo/signin'), countRequests(page, '/externalAuth/signin')]
  await page.getByLabel('Email').fill('twice@example.com')
  await button(page, 'Continue as demo user').dblclick()
  await page.getByText('No authenticator app yet').waitFor()
  expect(signIns.map((count) => count())).toEqual([1, 1])
})

it('a double click exports once', async () => {
  const page = await here.openAs('export-twice@example.com')
  const secret = await enroll(page, 'export-twice')
  const exports = countRequests(page, '/demo/private-key/export')
  await button(page, 'Export private key').dblclick()
  await dialogOf(page).waitFor()
  await typeCode(page, oathtool(secret, 30))
  await page.getByText(/^0x[0-9a-f]{64}$/).waitFor()
  expect(await dialogOf(page).count()).toBe(0)
  expect(exports()).toBe(2) // the one that was challenged, and the one with the elevation
})

it('a second export prompts again, and hides the old key meanwhile', async () => {
  const page = await here.openAs('again@example.com')
  const secret = await enroll(page, 'again')
  const key = page.getByLabel('Private key', { exact: true })
  expect(await key.textContent()).toBe('')
  await button(page, 'Export private key').click()
  await typeCode(page, oathtool(secret, 30))
  await page.getByText(/^0x[0-9a-f]{64}$/).waitFor()
  await picture(page, 'exported')
  await button(page, 'Export private key').click()
  await dialogOf(page).waitFor()
  expect(await key.textContent()).toBe('')
})

it('an address change prompts for a code, which also covers a second change', async () => {
  const page = await here.openAs('contact@example.com')
  const secret = await enroll(page, 'contact')
  const verifications = countRequests(page, '/auth/totp')
  await page.getByLabel('Contact email').fill('first@example.com')
  await button(page, 'Change').click()
  await dialogOf(page).waitFor()
  await typeCode(page, oathtool(secret, 30))
  await page.getByText('Changed to first@example.com.').waitFor()
  await page.getByLabel('Contact email').fill('second@example.com')
  await page.keyboard.press('Enter')
  await page.getByText('Changed to second@example.com.').waitFor()
  expect(verifications()).toBe(1)
  await page.getByLabel('Contact email').fill('not an address')
  await button(page, 'Change').click()
  expect(await page.getByLabel('Contact email').evaluate((field) => field.matches(':invalid'))).toBe(true)
  await page.getByText('Changed to second@example.com.').waitFor()
})

it('a reload before the code forgets the export, and the code stays valid', async () => {
  const page = await here.openAs('reload-export@example.com')
  const secret = await enroll(page, 'reload-export')
  await button(page, 'Export private key').click()
  await dialogOf(page).waitFor()
  await page.reload()
  await page.getByText('Authenticator app is on').waitFor()
  expect(await dialogOf(page).count()).toBe(0)
  await button(page, 'Export private key').click()
  await typeCode(page, oathtool(secret, 30))
  await page.getByText(/^0x[0-9a-f]{64}$/).waitFor()
})

/** The list of passkeys, a section of its own, has others; of all live regions one speaks at a time. */
const OF_CARD = ':not(section:has(> [part~=passkeys]) *)'
const alertsIn = (page: Page) => page.getByRole('alert').and(page.locator(OF_CARD))

it('a failed export is explained in one alert', async () => {
  const page = await here.openAs('export-fails@example.com')
  await enroll(page, 'export-fails')
  await page.context().setOffline(true)
  await button(page, 'Export private key').click()
  await expect
    .poll(() => alertsIn(page).allTextContents())
    .toEqual([expect.stringContaining('couldn’t reach the server')])
  await page.context().setOffline(false)
  await page.route('**/export', (route) => route.fulfill({ body: '<h1>Welcome to the hotel</h1>' }))
  await button(page, 'Export private key').click()
  await expect
    .poll(() => alertsIn(page).allTextContents())
    .toEqual([expect.stringContaining('an answer we couldn’t read')])
})

it.each([
  [
    'an address that is too long',
    `${'b'.repeat(300)}@example.com`,
    /^Type an e-mail address of at most 254 characters\.$/,
  ],
  [
    'an answer from another page',
    'hotel@example.com',
    /^The server gave an answer we couldn’t read\. Try again\.$/,
  ],
])('a sign-in with %s is answered in plain words', async (_name, email, sentence) => {
  const page = await here.open()
  if (email.startsWith('hotel'))
    await page.route('**/demo/signin', (route) => route.fulfill({ body: '<h1>Welcome</h1>' }))
  await signIn(page, email)
  await page.getByRole('alert').filter({ hasText: sentence }).waitFor()
})

it('the page explains a sign-out if the session was lost, and not if the user signed out', async () => {
  const page = await here.openAs('session@example.com')
  await button(page, 'Sign out').click()
  await button(page, 'Continue as demo user').waitFor()
  expect(await page.getByRole('alert').textContent()).toBe('')
  await page.evaluate(() =>
    sessionStorage.setItem('demo-session', JSON.stringify({ email: 'a@b.c', token: 'of another server' })),
  )
  await page.reload()
  await button(page, 'Continue as demo user').waitFor()
  expect(await page.getByRole('alert').textContent()).toBe('You are signed out. Sign in again to continue.')
})

it('the page explains a sign-out if an export finds the session lost', async () => {
  const page = await here.openAs('lost-session@example.com')
  await enroll(page, 'lost-session')
  await page.route('**/export', (route) =>
    route.continue({
      headers: { ...route.request().headers(), authorization: 'Bearer of-another-server' },
    }),
  )
  await button(page, 'Export private key').click()
  await button(page, 'Continue as demo user').waitFor()
  expect(await page.getByRole('alert').textContent()).toBe('You are signed out. Sign in again to continue.')
})

it.each(['{', '{"email":1}', 'null', '[]'])('the page discards the stored session %s', async (garbage) => {
  const page = await here.openAs('garbage@example.com')
  await page.getByText('No authenticator app yet').waitFor()
  const complaints: Error[] = []
  page.on('pageerror', (error) => complaints.push(error))
  await page.evaluate((text) => sessionStorage.setItem('demo-flow', text), garbage)
  await page.reload()
  await page.getByText('No authenticator app yet').waitFor()
  await page.evaluate((text) => sessionStorage.setItem('demo-session', text), garbage)
  await page.reload()
  await button(page, 'Continue as demo user').waitFor()
  expect(complaints).toEqual([])
})

it('every view holds one alert and one status besides those of the list of passkeys, and focuses what to read next', async () => {
  const page = await here.open()
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '')
  /** A moment later, when a screen reader can follow. */
  const focuses = (words: RegExp) => expect.poll(focused, { timeout: 5_000 }).toMatch(words)
  const regions = async () => [
    await alertsIn(page).count(),
    await page.locator(`[role=status][part~=announcement]${OF_CARD}`).count(),
  ]
  expect(await focused()).not.toBe('Sign in') // nobody has come from anywhere yet
  expect(await page.getByRole('alert').count()).toBe(1)
  await signIn(page, 'regions@example.com')
  await page.getByText('No authenticator app yet').waitFor()
  expect(await regions()).toEqual([1, 1])
  await focuses(/^Security$/)

  const secret = await startEnrollment(page, 'regions')
  expect(await headingOf(page).textContent()).toBe('Set up your authenticator')
  expect((await regions())[0]).toBe(1)
  await typeCode(page, oathtool(secret))
  await page.getByText('Authenticator app is on').waitFor()
  expect(await regions()).toEqual([1, 1])
  await focuses(/^Save your recovery codes/)

  await button(page, 'Export private key').click()
  await dialogOf(page).waitFor()
  expect((await regions())[0]).toBe(1)
  await page.keyboard.press('Escape')
  await dialogOf(page).waitFor({ state: 'hidden' })
  await focuses(/^Export private key$/)
  await button(page, 'Remove authenticator app').click()
  await typeCodeAndEnter(page, oathtool(secret, 30))
  await page.getByText('No authenticator app yet').waitFor()
  await focuses(/No authenticator app yet/)
})

it('the steps mark what is done, end once the setup is saved, and then disappear', async () => {
  const page = await here.openAs('steps@example.com', { locale: 'en-US' }, (page) => page.clock.install())
  const steps = page.getByRole('list', { name: 'Steps' })
  const marks = () =>
    steps
      .getByRole('listitem')
      .evaluateAll((items) =>
        items.map((item) =>
          item.ariaCurrent ? 'current' : item.textContent?.includes('done') ? 'done' : '',
        ),
      )
  const secret = await startEnrollment(page, 'steps')
  expect(await marks()).toEqual(['current', '', ''])
  await codeField(page).fill('1')
  expect(await marks()).toEqual(['done', 'current', ''])
  await typeCode(page, oathtool(secret))
  await page.getByText('Authenticator app is on').waitFor()
  expect(await marks()).toEqual(['done', 'done', 'current'])
  await button(page, 'Download').click()
  await button(page, 'I have saved these codes').click()
  await steps.locator('[aria-current=step]').filter({ hasText: 'Done' }).waitFor()
  await page.mouse.move(0, 0) // the place of the codes is kept until then
  await page.clock.runFor(100)
  const placeOfExport = async () => (await button(page, 'Export private key').boundingBox())?.y ?? 0
  const before = await placeOfExport()
  await page.clock.runFor(10_000)
  await steps.waitFor({ state: 'detached' })
  expect(Math.abs((await placeOfExport()) - before)).toBeLessThanOrEqual(1) // px
  expect(await page.getByRole('time').textContent()).toMatch(/^[A-Z][a-z]{2} \d+, \d{4}, \d+:\d\d\s[AP]M$/)
})

it.each([
  ['wide', { viewport: { width: 1280, height: 800 } }],
  ['narrow', { viewport: { width: 320, height: 720 } }],
])('the card does not jump after a wrong code, on a %s screen', async (name, options) => {
  const page = await here.openAs(`jump-${name}@example.com`, options)
  const secret = await startEnrollment(page, `jump-${name}`)
  const place = () =>
    button(page, 'Verify').evaluate((element) => element.getBoundingClientRect().top + scrollY)
  const before = await place()
  await typeCode(page, wrongCode(secret))
  await page.getByRole('alert').filter({ hasText: 'didn’t match' }).waitFor()
  expect(Math.abs((await place()) - before)).toBeLessThan(1) // px
})

it('copying the key is confirmed for a while; where copying is forbidden, the key is selected and the page says so', async () => {
  const page = await here.openAs(
    'copy@example.com',
    { permissions: ['clipboard-read', 'clipboard-write'] },
    (page) => page.clock.install(),
  )
  const secret = await startEnrollment(page, 'copy')
  await page.getByText('Can’t scan?').click()
  await button(page, 'Copy').click()
  await button(page, 'Copied').waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(secret)
  await page.clock.runFor(5_000)
  await button(page, 'Copy').waitFor()

  await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
  await button(page, 'Copy').click()
  await page.getByText('The key is selected').waitFor()
  expect(await page.evaluate(() => String(getSelection()))).toBe(secret)
})

it('a phone shows everything needed without scrolling, and its own app’s link before the QR code', async () => {
  const page = await here.openAs('phone@example.com', {
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
  })
  const secret = await startEnrollment(page, 'phone-touch')
  const bottomOf = (target: Locator) => target.evaluate((element) => element.getBoundingClientRect().bottom)
  expect(await bottomOf(button(page, 'Verify'))).toBeLessThan(844)
  const link = page.getByRole('link', { name: 'Open in an authenticator app' })
  expect(await link.getAttribute('href')).toContain(`secret=${secret}`)
  expect(await bottomOf(link)).toBeLessThan(await bottomOf(page.getByRole('img', { name: 'QR code' })))
  expect((await scan(page, 'phone-touch')).secret).toBe(secret)
})

it.each([
  ['React', '/'],
  ['<totp-flow>', '/element'],
])('the page by %s asks first to save the codes, which can be copied and downloaded', async (_name, path) => {
  const page = await here.openAs(`codes${path.replace('/', '-')}@example.com`, {
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  await button(page, 'Set up authenticator app').waitFor()
  await page.goto(`${here.demo.url}${path}`)
  const secret = await startEnrollment(page, `codes${path.replace('/', '-')}`)
  await typeCode(page, oathtool(secret))
  const codes = page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem')
  await codes.first().waitFor()
  const text = (await codes.allTextContents()).join('\n')
  await button(page, 'Copy codes').click()
  await button(page, 'Copied').waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text)
  const downloading = page.waitForEvent('download')
  await button(page, 'Download').click()
  const download = await downloading
  expect(download.suggestedFilename()).toBe('recovery-codes.txt')
  const file = readFileSync(await download.path(), 'utf8')
  expect(file).toMatch(
    /^Recovery codes\ntotp-flow demo: .+@example\.com\n.*\d{4}.*\nEach recovery code works once\.\n\n/,
  )
  expect(file.endsWith(`\n\n${text}\n`)).toBe(true)

  const looks = async (name: string) =>
    button(page, name).evaluate((one) => {
      one.getAnimations().map((animation) => animation.finish())
      return getComputedStyle(one).backgroundColor
    })
  const primary = await looks('I have saved these codes')
  expect(await looks('Export private key')).not.toBe(primary)
  await button(page, 'I have saved these codes').click()
  await page.getByText('Recovery codes left: 10').waitFor()
  await expect.poll(() => looks('Export private key')).toBe(primary)
})

it('the page has an icon for its tab', async () => {
  const page = await here.open()
  const icon = await page.evaluate(() => document.querySelector<HTMLLinkElement>('link[rel=icon]')?.href)
  expect((await fetch(icon ?? '')).status).toBe(200)
})

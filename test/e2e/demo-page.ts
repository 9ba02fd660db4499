/** Drives the demo's page as a person does: by the names on the screen, with a real authenticator and QR decoder. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { launchChromium, oathtool, zbarimg } from '../support/tools.ts'
import { type DemoProcess, startDemo } from './demo-process.ts'

const PICTURES = 'test-results'
mkdirSync(PICTURES, { recursive: true })

interface DemoInBrowser {
  demo: DemoProcess
  /** The page as a new visitor sees it. */
  open(options?: BrowserContextOptions, prepare?: (page: Page) => Promise<unknown>): Promise<Page>
  openAs(email: string, ...rest: Parameters<DemoInBrowser['open']>): Promise<Page>
}

/** A running demo and a browser for the tests of one file. */
export function demoInBrowser(): DemoInBrowser {
  let browser: Browser
  const here: DemoInBrowser = {
    demo: undefined as unknown as DemoProcess,
    async open(options = {}, prepare) {
      const page = await (await browser.newContext(options)).newPage()
      await prepare?.(page)
      await page.goto(here.demo.url)
      return page
    },
    async openAs(email, ...rest) {
      const page = await here.open(...rest)
      await signIn(page, email)
      return page
    },
  }
  beforeAll(async () => {
    here.demo = await startDemo()
    browser = await launchChromium()
  })
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
  })
  afterAll(async () => {
    await browser?.close()
    await here.demo?.stop()
  })
  return here
}

export const button = (page: Pick<Page, 'getByRole'>, name: string) =>
  page.getByRole('button', { name, exact: true })
export const codeField = (page: Page) => page.getByRole('textbox', { name: '6-digit code' })

export async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('Email').fill(email)
  await button(page, 'Continue as demo user').click()
}

export const picture = (page: Page, name: string) =>
  page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true })

/** Scans the QR code off the screen, as a phone does: out of the pixels of a screenshot. */
export async function scan(page: Page, name: string): Promise<{ uri: string; secret: string }> {
  await page.getByRole('img', { name: 'QR code' }).waitFor()
  await picture(page, name)
  const uri = zbarimg(join(PICTURES, `${name}.png`))
  return { uri, secret: new URL(uri).searchParams.get('secret') ?? '' }
}

/** Starts an enrollment, up to the code field; gives the secret. */
export async function startEnrollment(page: Page, name: string): Promise<string> {
  await button(page, 'Set up authenticator app').click()
  return (await scan(page, name)).secret
}

/** Types a code, which then goes by itself: whoever presses the button too races against that. */
export const typeCode = (page: Page, code: string) => codeField(page).fill(code)

/** Types a code for a removal, which no code does by itself. */
export async function typeCodeAndEnter(page: Page, code: string): Promise<void> {
  await typeCode(page, code)
  await page.keyboard.press('Enter')
}

export async function enroll(page: Page, name: string): Promise<string> {
  const secret = await startEnrollment(page, name)
  await typeCode(page, oathtool(secret))
  await page.getByText('Authenticator app is on').waitFor()
  return secret
}

/** Six digits that an authenticator with this secret shows at no time near now; another one for every `nth`. */
export function wrongCode(secret: string, nth = 0): string {
  const near = [-60, -30, 0, 30, 60].map((seconds) => oathtool(secret, seconds))
  return ['111111', '222222', '333333', '444444', '555555', '666666', '777777', '888888', '999999', '000000']
    .filter((code) => !near.includes(code))
    .at(nth) as string
}

/** The requests that end in `path`, from now on. */
export function countRequests(page: Page, path: string): () => number {
  let count = 0
  page.on('request', (request) => {
    if (new URL(request.url()).pathname.endsWith(path)) count += 1
  })
  return () => count
}

/** The demo's two pages with passkeys, by keys alone, with an authenticator of Chromium's own. */
import type { CDPSession, Page } from 'playwright'
import { expect, it } from 'vitest'
import { oathtool } from '../support/tools.ts'
import { demoInBrowser, enroll } from './demo-page.ts'

const here = demoInBrowser()

const AUTHENTICATOR = {
  protocol: 'ctap2',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
} as const

async function withAuthenticator(page: Page): Promise<{ cdp: CDPSession; authenticatorId: string }> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: AUTHENTICATOR })
  return { cdp, authenticatorId }
}

/** What has the focus, in whatever shadow it lies. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    let element = document.activeElement
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
    const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : null
    return (element?.ariaLabel ?? label ?? element?.textContent ?? '').trim()
  })

function byKeys(page: Page) {
  const goTo = async (name: string) => {
    for (let presses = 0; presses < 80; presses += 1) {
      if ((await focused(page)) === name) return
      await page.keyboard.press('Tab')
    }
    throw new Error(`Tab does not find “${name}”`)
  }
  return {
    async press(name: string) {
      await goTo(name)
      await page.keyboard.press('Enter')
    },
    async type(name: string, text: string) {
      await goTo(name)
      await page.keyboard.press('ControlOrMeta+a')
      await page.keyboard.type(text)
    },
  }
}

const openPage = async (face: string, user: string) => {
  const page = await here.openAs(`${user}@passkeys.example.com`, { reducedMotion: 'reduce' })
  await page.getByText('No authenticator app yet').waitFor()
  const plugged = await withAuthenticator(page)
  if (face === '<totp-flow>') {
    await page.goto(`${here.demo.url}/element`)
    await page.getByText('No authenticator app yet').waitFor()
  }
  return { page, ...plugged, ...byKeys(page) }
}

const prompt = (page: Page) => page.getByRole('dialog')
const passkeyNamed = (page: Page, name: string) => page.getByRole('listitem').filter({ hasText: name })

it.each(['React', '<totp-flow>'])(
  'in %s, a person adds a passkey with a code, names it, confirms with it and removes it, using only the keyboard',
  async (face) => {
    const { page, cdp, authenticatorId, press, type } = await openPage(face, face.replace(/\W/g, ''))
    const secret = await enroll(page, `passkeys-${face.replace(/\W/g, '')}`)
    await press('I have saved these codes')
    await press('Add a passkey')
    await prompt(page).waitFor()
    await page.keyboard.type(oathtool(secret, 30))
    await passkeyNamed(page, 'Passkey').waitFor()
    await prompt(page).waitFor({ state: 'hidden' })

    await press('Rename Passkey')
    await type('Name', 'My laptop')
    await page.keyboard.press('Enter')
    await passkeyNamed(page, 'My laptop').waitFor()

    await press('Export private key')
    await prompt(page).waitFor()
    await expect.poll(() => focused(page)).toBe('Use a passkey')
    await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: false })
    await page.keyboard.press('Enter')
    await prompt(page).getByRole('status').filter({ hasText: /./ }).first().waitFor()
    await press('Cancel')
    await prompt(page).waitFor({ state: 'hidden' })
    await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: true })
    await press('Export private key')
    await prompt(page).waitFor()
    await expect.poll(() => focused(page)).toBe('Use a passkey')
    await page.keyboard.press('Enter')
    await page.getByText(/^0x/).waitFor()

    await press('Remove My laptop')
    await press('Remove My laptop')
    await prompt(page).waitFor()
    await expect.poll(() => focused(page)).toBe('Use a passkey')
    await page.keyboard.press('Enter')
    await passkeyNamed(page, 'My laptop').waitFor({ state: 'detached' })
    await prompt(page).waitFor({ state: 'hidden' })
  },
)

it('a person without an app confirms with a passkey, and is asked for nothing else', async () => {
  const { page, press } = await openPage('React', 'alone')
  await press('Add a passkey')
  await passkeyNamed(page, 'Passkey').waitFor()
  await press('Export private key')
  await prompt(page).waitFor()
  expect(await page.getByRole('textbox', { name: '6-digit code' }).count()).toBe(0)
  await expect.poll(() => focused(page)).toBe('Use a passkey')
  await page.keyboard.press('Enter')
  await page.getByText(/^0x/).waitFor()
})

it('a passkey of another device confirms nothing, and the prompt stays for a code', async () => {
  const { page, cdp, authenticatorId, press } = await openPage('React', 'other-device')
  const secret = await enroll(page, 'passkeys-other-device')
  await press('I have saved these codes')
  await press('Add a passkey')
  await prompt(page).waitFor()
  await page.keyboard.type(oathtool(secret, 30))
  await passkeyNamed(page, 'Passkey').waitFor()
  await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
  await cdp.send('WebAuthn.addVirtualAuthenticator', { options: AUTHENTICATOR })
  await press('Export private key')
  await prompt(page).waitFor()
  await press('Use a passkey')
  await page.getByRole('textbox', { name: '6-digit code' }).waitFor()
  await prompt(page).getByRole('button', { name: 'Use a passkey', disabled: false }).waitFor()
  expect(await page.getByRole('alert').filter({ hasText: /./ }).count()).toBe(0)
})

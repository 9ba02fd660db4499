/** The app of docs/no-javascript.md in a browser that runs no scripts. */
import { randomBytes } from 'node:crypto'
import { expect, it, vi } from 'vitest'
import { button, codeField, scan } from '../e2e/demo-page.ts'
import { exampleInBrowser } from '../support/example-page.ts'
import { oathtool } from '../support/tools.ts'

const here = exampleInBrowser(async () => {
  vi.stubEnv('TOTP_FLOW_MASTER_KEY', randomBytes(32).toString('base64'))
  return (await import('../../examples/no-javascript/server.ts')).app
})

/** A page that runs no scripts, and shows the QR code to a new user. */
async function startSetUp() {
  const page = await (await here.context.browser()?.newContext({ javaScriptEnabled: false }))?.newPage()
  if (!page) throw new Error('There is no browser.')
  await page.goto(`${here.origin}/security`)
  await button(page, 'Set up authenticator app').click()
  return page
}

it('without a script a user sets up an app over a wrong code, keeps recovery codes, and removes it', async () => {
  const page = await startSetUp()
  const { secret } = await scan(page, 'no-javascript')
  expect(await page.getByText(secret).count()).toBe(1)
  await codeField(page).fill('12345')
  await button(page, 'Verify').click()
  await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor()
  await codeField(page).fill(oathtool(secret))
  await button(page, 'Verify').click()
  expect(await page.getByRole('listitem').count()).toBe(10)
  await page.getByRole('link', { name: 'I saved them' }).click()
  await page.getByText('Authenticator app enabled').waitFor()
  await codeField(page).last().fill(oathtool(secret, 30))
  await button(page, 'Remove').click()
  await button(page, 'Set up authenticator app').waitFor()
  await page.context().close()
})

it('without a script a user who reloads the recovery codes replaces them, and removes the app with one of them', async () => {
  const page = await startSetUp()
  const { secret } = await scan(page, 'no-javascript-recovery')
  await codeField(page).fill(oathtool(secret))
  await button(page, 'Verify').click()
  const codes = page.getByRole('listitem')
  const lost = (await codes.first().textContent()) ?? ''
  await page.reload()
  await page.getByText('Authenticator app enabled').waitFor()
  await codeField(page).first().fill(oathtool(secret, 30))
  await button(page, 'Replace my codes').click()
  const kept = (await codes.first().textContent()) ?? ''
  await page.getByRole('link', { name: 'I saved them' }).click()
  for (const [code, shown] of [
    [lost, page.getByRole('alert').filter({ hasText: /\w/ })],
    [kept, button(page, 'Set up authenticator app')],
  ] as const) {
    await page.getByText('Use a recovery code instead').last().click()
    await page.getByLabel('Recovery code').last().fill(code)
    await button(page, 'Remove').last().click()
    await shown.waitFor()
  }
  await page.context().close()
})

it('without a script the code of an app that is still being set up confirms nothing', async () => {
  const page = await startSetUp()
  const { secret } = await scan(page, 'no-javascript-pending')
  await page.evaluate(() => {
    const form = document.querySelector('form')
    if (form) form.action = '/security/codes'
  })
  await codeField(page).fill(oathtool(secret))
  await button(page, 'Verify').click()
  await page.getByText('There is no authenticator app to use').waitFor()
  await button(page, 'Set up authenticator app').waitFor()
  await page.context().close()
})

it('a form without the session’s token changes nothing', async () => {
  const first = await fetch(`${here.origin}/security`)
  const [cookie = ''] = first.headers.getSetCookie()[0]?.split(';') ?? []
  for (const body of [new URLSearchParams(), new URLSearchParams({ csrf: 'guessed' })]) {
    const answer = await fetch(`${here.origin}/security/set-up`, {
      method: 'POST',
      headers: { cookie },
      body,
    })
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('not ours')])
  }
})

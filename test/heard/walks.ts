/** Two ways through the whole flow, from a page that asks to set up. */
import type { visit } from './visit.ts'

type Visit = Awaited<ReturnType<typeof visit>>
type Walk = (visitor: Visit) => Promise<void>

export const walks: Record<string, Walk> = { 'the whole flow': wholeFlow, 'in other orders': otherOrders }

async function wholeFlow(visitor: Visit) {
  const { page, isKept, button, field, alert, step, key, press, type, typeAndEnter, wrong, rightCode } =
    visitor
  await visitor.beginEnrollment()
  await type('a wrong code', wrong(0), alert('didn’t match'))
  await key('Return', 'press Enter on the same code')
  await type('another wrong code', wrong(1))
  await type('the right code', await rightCode(), page.getByText('Authenticator app is on'))
  await visitor.saveCodes()

  await press('Export private key', field)
  await key('Return', 'press Enter in the empty field')
  await type('a wrong code', wrong(0), alert('didn’t match'))
  await type('the right code', await rightCode(), page.getByText(/^0x|^Exported/).first())
  await press('Export private key', field)
  await leave(visitor)

  visitor.heard.unsaid.push(...(await page.getByText(/^0x/).allTextContents()))
  await press('Generate new codes', field)
  await type('the right code', await rightCode(), button('I have saved these codes'))
  await visitor.saveCodes()

  await press(await visitor.removeButton(), field)
  for (const nth of [0, 1, 2, 3]) await typeAndEnter(`wrong code ${nth + 1}`, wrong(nth))
  const wait = page.getByText(/seconds left/).filter({ visible: true })
  await typeAndEnter('wrong code 5', wrong(4), wait)
  await key('Return', 'press Enter during the wait')
  await step('until the wait ends', () => wait.waitFor({ state: 'hidden' }))
  await typeAndEnter('the right code', await rightCode(), page.getByText('No authenticator app yet'))

  await press('Set up authenticator app', field)
  if (isKept) await step('reload', () => page.reload(), button('Verify'))
  await press('Cancel', button('Set up authenticator app'))
}

/** An error before a reload, a wait in a dialog that is left and opened again, a removal by a recovery code, no network. */
async function otherOrders(visitor: Visit) {
  const { page, isKept, button, field, alert, step, key, press, type, typeAndEnter, wrong, rightCode } =
    visitor
  await visitor.beginEnrollment()
  await type('a wrong code', wrong(0), alert('didn’t match'))
  if (isKept) {
    await step('reload', () => page.reload(), button('Verify'))
    await type('a wrong code', wrong(1), alert('didn’t match'))
  }
  await type('the right code', await rightCode(), page.getByText('Authenticator app is on'))
  const old = await visitor.saveCodes()
  /** A screen reader may repeat what one has typed. */
  const spent = ([code = '']: readonly string[]) => {
    visitor.heard.unsaid = visitor.heard.unsaid.filter((one) => one !== code)
    return code
  }

  await press('Export private key', field)
  for (const nth of [0, 1, 2, 3]) await type(`wrong code ${nth + 1}`, wrong(nth))
  const wait = page.getByText(/seconds? left/).filter({ visible: true })
  await type('wrong code 5', wrong(4), wait)
  await key('Return', 'press Enter during the wait')
  await leave(visitor)
  await press('Export private key', field)
  await step('until the wait ends', () => wait.waitFor({ state: 'hidden' }))
  await type('the right code', await rightCode(), page.getByText(/^0x|^Exported/).first())

  await press('Generate new codes', field)
  await type('the right code', await rightCode(), button('I have saved these codes'))
  const codes = await visitor.saveCodes()

  await press(await visitor.removeButton(), field)
  if (await visitor.offers('Use a recovery code instead')) {
    await press('Use a recovery code instead', page.getByRole('textbox', { name: 'Recovery code' }))
    await typeAndEnter('an old recovery code', spent(old), alert('recovery code'))
    await key('ctrl+a', 'select all')
    await typeAndEnter('a recovery code', spent(codes), page.getByText('No authenticator app yet'))
  } else await typeAndEnter('the right code', await rightCode(), page.getByText('No authenticator app yet'))

  if (!isKept) return
  await page.context().setOffline(true)
  await button('Set up authenticator app').focus()
  await key('Return', 'set up without a network', page.getByRole('alert').first())
  await page.context().setOffline(false)
  await press('Set up authenticator app', field)
}

async function leave({ page, button, key, press }: Visit) {
  const again = button('Export private key')
  if (await page.getByRole('dialog').isVisible()) await key('Escape', 'press Escape', again)
  else await press('Cancel', again)
}

import { TotpFlowError } from 'totp-flow'
import { openBank } from './page.ts'

const dialog = document.querySelector('dialog')
const output = document.querySelector('output')

const say = (text: string) => {
  if (output) output.value = text
}
const ask = () =>
  new Promise<'popup' | 'redirect' | 'cancel'>((resolve) => {
    dialog?.showModal()
    dialog?.addEventListener(
      'close',
      () => {
        const { returnValue } = dialog
        resolve(returnValue === 'popup' || returnValue === 'redirect' ? returnValue : 'cancel')
      },
      { once: true },
    )
  })
const config = await (await fetch('/config.json')).json()
const open = () => openBank(config, ask)
/** Shows what went wrong at the provider. The page stays usable. */
const bank = await open().catch((error) => {
  say(TotpFlowError.from(error).code)
  return open()
})

async function send() {
  say('…')
  try {
    say(await (await bank.sendMoney()).text())
  } catch (error) {
    say(TotpFlowError.from(error).code)
  }
}
document.querySelector('#send')?.addEventListener('click', send)
if (bank.isBack) await send() // what the redirect interrupted

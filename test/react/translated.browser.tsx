/** Pages that a browser translates: it moves and replaces the texts that React believes to be where it put them. */

import { ar, de, en, type Messages } from 'totp-flow/messages'
import { DeviceCard, RecoveryCodes, StepUpDialog, TotpEnrollment, TotpFlowProvider } from 'totp-flow/react'
import { expect, it, onTestFinished, vi } from 'vitest'
import { translate, translations, untranslated } from '../ui/translate.ts'
import { codeOf, register, renderFlow } from './render-flow.tsx'

it.each(translations)(
  'a page shows the true state whatever comes, while a browser’s translation %s',
  async (how) => {
    const complaints = vi.spyOn(console, 'error')
    onTestFinished(() => complaints.mockRestore())
    const ui = renderFlow(null)
    const { flow } = ui
    const faces = (
      <>
        <DeviceCard />
        <TotpEnrollment />
        <RecoveryCodes />
        <StepUpDialog />
      </>
    )
    const speak = (messages: Messages) =>
      ui.root.render(
        <TotpFlowProvider flow={flow} messages={messages}>
          <div id="plain">{faces}</div>
          <div id="translated">{faces}</div>
        </TotpFlowProvider>,
      )
    speak(en)
    onTestFinished(ui.unmount)
    function textOf(id: string): string {
      const face = document.getElementById(id)?.cloneNode(true)
      if (!(face instanceof Element)) return 'gone'
      for (const one of face.querySelectorAll('[part~=announcement]')) one.remove() // one face alone says what has happened
      return untranslated(face.textContent)
    }
    await vi.waitUntil(() => document.getElementById('translated'))
    const translated = document.getElementById('translated') as HTMLElement
    onTestFinished(translate(translated, how))
    async function isTrue(words: string) {
      await expect.poll(() => textOf('plain')).toContain(words)
      await expect.poll(() => textOf('translated')).toBe(textOf('plain'))
      expect(translated.querySelector('font')).not.toBeNull()
    }

    await isTrue(en.device.none)
    const secret = await register(flow)
    await isTrue(en.enrollment.setupKey)
    flow.submitCode('abc')
    await isTrue('six digits')
    speak(de)
    await isTrue(de.enrollment.setupKey)
    flow.submitCode(codeOf(secret))
    await isTrue(de.device.on)
    await isTrue(flow.getView().recoveryCodes?.unseal()[9] ?? 'no codes')
    speak(ar)
    await isTrue(ar.device.on)
    speak(en)
    flow.stepUp(['wallet:export'])
    await isTrue(en.challenge.hint)
    flow.cancel()
    await flow.settled()
    await flow.acknowledgeRecoveryCodes()
    await isTrue('Recovery codes left: 10')
    flow.deleteDevice()
    await isTrue(en.challenge.removeHint)
    flow.submitCode(codeOf(secret, 1))
    await isTrue(en.device.none)
    flow.signOut()
    await isTrue('You are signed out.')
    expect(complaints).not.toHaveBeenCalled()
  },
)

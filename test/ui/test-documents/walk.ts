/** The documents in which hosts run their unit tests lack what browsers have: each face must run in them all the same. */
import { generateSync } from 'otplib'
import { createElement as h } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { createTotpFlow, type TotpFlow } from 'totp-flow'
import 'totp-flow/element'
import { memoryBackend } from 'totp-flow/memory'
import {
  DeviceCard,
  RecoveryCodes,
  StepUpDialog,
  TotpChallenge,
  TotpEnrollment,
  TotpFlowProvider,
} from 'totp-flow/react'
import { bindTotpFlow } from 'totp-flow/vanilla'
import { expect, it, onTestFinished, vi } from 'vitest'

/** A face and what takes it off the page. */
type Show = (flow: TotpFlow, place: HTMLElement) => () => void

const faces: [name: string, show: Show][] = [
  ...[DeviceCard, TotpEnrollment, RecoveryCodes, TotpChallenge].map((component): [string, Show] => [
    `${component.name} with StepUpDialog`,
    (flow, place) => {
      const root = createRoot(place)
      const children = [h(component, { key: 1 }), h(StepUpDialog, { key: 2 })]
      flushSync(() => root.render(h(TotpFlowProvider, { flow, children })))
      return () => flushSync(() => root.unmount())
    },
  ]),
  [
    '<totp-flow>',
    (flow, place) => {
      const element = document.createElement('totp-flow')
      element.flow = flow
      place.append(element)
      return () => element.remove()
    },
  ],
  [
    'bindTotpFlow',
    (flow, place) => {
      place.innerHTML = `<p data-totp-text="status" data-totp-show="on none"></p>
        <p data-totp-step="0">Scan</p><svg data-totp-qr></svg><ol data-totp-list="recovery-codes"></ol>
        <dialog data-totp-dialog><form data-totp-do="submit-code"><input name="code" autofocus>
        <button data-totp-words="code.verify"></button></form></dialog>`
      return bindTotpFlow(place, flow)
    },
  ],
]

/** Every face, in whatever document the test file runs in. */
export function walk(where: string) {
  it.each(faces)(`%s run in ${where}, closed and open, without a crash`, async (_name, show) => {
    const complaints = vi.spyOn(console, 'error')
    const flow = createTotpFlow({ backend: memoryBackend(), tabs: false })
    const place = document.body.appendChild(document.createElement('main'))
    const hide = show(flow, place)
    onTestFinished(() => {
      flow.stop()
      place.remove()
    })
    const look = () => new Promise((resolve) => setTimeout(resolve)) // React renders in a later turn
    const isOpen = () => {
      const root = place.querySelector('totp-flow')?.shadowRoot ?? place
      return root.querySelector('dialog')?.hasAttribute('open') === true
    }
    await flow.settled()
    await look()
    expect(isOpen()).toBe(false)
    flow.register()
    const { registration } = await flow.settled()
    await look()
    flow.submitCode(generateSync({ secret: registration?.unseal().secret ?? '' }))
    await flow.settled()
    await look()
    flow.stepUp(['wallet:export'])
    await look()
    expect(isOpen()).toBe(true)
    flow.submitCode('000000')
    await flow.settled()
    await look()
    flow.cancel()
    await flow.settled()
    await look()
    expect(isOpen()).toBe(false)
    hide()
    expect(complaints).not.toHaveBeenCalled()
  })

  const SAVE: [name: string, show: Show][] = faces.filter(([name]) => /^DeviceCard|^<totp-flow>/.test(name))
  it.each(SAVE)(
    `%s lets a test in ${where} press Download and confirm that the codes are saved`,
    async (_name, show) => {
      const failures: unknown[] = []
      const fail = ({ error, message }: ErrorEvent) => failures.push(error ?? message)
      window.addEventListener('error', fail)
      // Vitest puts Node's there; Jest leaves jsdom's, which makes no addresses of blobs.
      vi.stubGlobal(
        'URL',
        class extends URL {
          static override readonly createObjectURL = undefined as never
          static override readonly revokeObjectURL = undefined as never
        },
      )
      const flow = createTotpFlow({ backend: memoryBackend(), tabs: false })
      const place = document.body.appendChild(document.createElement('main'))
      const hide = show(flow, place)
      onTestFinished(() => {
        hide()
        flow.stop()
        place.remove()
        window.removeEventListener('error', fail)
        vi.unstubAllGlobals()
      })
      await flow.settled()
      flow.register()
      const { registration } = await flow.settled()
      flow.submitCode(generateSync({ secret: registration?.unseal().secret ?? '' }))
      await flow.settled()
      const press = async (part: string) => {
        const root = place.querySelector('totp-flow')?.shadowRoot ?? place
        const find = () => root.querySelector<HTMLElement>(`[part~=recovery-codes] [part~=${part}]`)
        await vi.waitUntil(find)
        find()?.click()
        await new Promise((resolve) => setTimeout(resolve))
      }
      await press('download')
      await press('keep')
      await vi.waitUntil(() => flow.getView().recoveryCodes === null)
      expect(failures).toEqual([])
    },
  )

  it(`<totp-flow> focuses the one code field that is asked for in ${where}, where nothing tells what is seen`, async () => {
    const flow = createTotpFlow({ backend: memoryBackend(), tabs: false })
    const element = document.createElement('totp-flow')
    element.flow = flow
    document.body.append(element)
    onTestFinished(() => {
      flow.stop()
      element.remove()
    })
    const focused = () => element.shadowRoot?.activeElement?.id
    await flow.settled()
    flow.register()
    const { registration } = await flow.settled()
    await vi.waitUntil(() => focused() !== undefined)
    expect(focused()).toBe('enrollment-code')
    flow.submitCode(generateSync({ secret: registration?.unseal().secret ?? '' }))
    await flow.settled()
    flow.stepUp(['wallet:export'])
    await vi.waitUntil(() => focused() !== 'enrollment-code')
    expect(focused()).toBe('challenge-code')
  })
}

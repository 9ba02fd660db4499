import { createTotpFlow, type TotpBackend, TotpFlowError, type TotpFlowOptions } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { authenticator, TestClock } from 'totp-flow/testing'
import { bindTotpFlow } from 'totp-flow/vanilla'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { button, codeField, enroll, register } from '../react/render-flow.tsx'
import { boundPage, faces } from './faces.tsx'
import { listen, liveWords } from './spoken.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe.each([...faces, boundPage])('%s', (_name, show) => {
  function start(methods: Partial<TotpBackend> = {}, options: Partial<TotpFlowOptions> = {}) {
    const flow = createTotpFlow({ ...options, backend: { ...memoryBackend(), ...methods } })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    return { flow, spoken: listen() }
  }
  const isSilent = () => expect.poll(() => liveWords().join('').trim()).toBe('')

  it('each event is announced once: enabled, copied, saved, codes replaced, removed', async () => {
    vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    const { flow, spoken } = start()
    const secret = await register(flow)
    const phone = authenticator(secret)
    await expect.element(codeField()).toBeVisible()
    expect(spoken).toEqual([])
    flow.submitCode(phone.code())
    await expect.poll(() => spoken).toEqual(['Authenticator app enabled.'])
    await button('Copy codes').click()
    await expect.poll(() => spoken.at(-1)).toBe('The codes are on your clipboard.')
    await button('I have saved these codes').click()
    await expect.poll(() => spoken.at(-1)).toBe('Recovery codes saved.')
    await isSilent()
    await button('Generate new codes').click()
    await expect.element(codeField()).toBeVisible()
    flow.submitCode(phone.code(1))
    await expect.poll(() => spoken.at(-1)).toBe('You have new recovery codes. The old ones no longer work.')
    const [recoveryCode = ''] = flow.getView().recoveryCodes?.unseal() ?? []
    await flow.acknowledgeRecoveryCodes()
    await isSilent()
    flow.deleteDevice()
    await expect.element(codeField()).toBeVisible()
    flow.submitRecoveryCode(recoveryCode)
    await expect.poll(() => spoken.at(-1)).toBe('Authenticator app removed.')
    await isSilent()
    expect(spoken).toEqual([
      'Authenticator app enabled.',
      'The codes are on your clipboard.',
      'Recovery codes saved.',
      'You have new recovery codes. The old ones no longer work.',
      'Authenticator app removed.',
    ])
  })

  it('copying is announced each time, and no button is a live region', async () => {
    vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    const { flow, spoken } = start()
    await register(flow)
    const fold = page.getByText('Can’t scan?') // which a page of a host's own may lack
    if (fold.query()) await fold.click()
    const copy = page.getByRole('button', { name: /^Cop(y|ied)$/ })
    for (const nth of [1, 2]) {
      await copy.click()
      await expect
        .poll(() => spoken.filter((words) => words === 'The key is on your clipboard.'))
        .toHaveLength(nth)
    }
    for (const one of page.getByRole('button').elements()) expect(one.closest('[aria-live]')).toBeNull()
    await isSilent()
  })

  it('a wait is announced when it starts and ends, and not every second', async () => {
    const clock = new TestClock()
    const retryAt = clock.now() + 27_000
    const { flow, spoken } = start(
      { authenticateTotpMfaDevice: () => Promise.reject(new TotpFlowError('rate_limited', { retryAt })) },
      { clock },
    )
    await register(flow)
    await codeField().fill('123456')
    await userEvent.keyboard('{Enter}')
    const begun = ['Too many attempts. Wait a moment, then try again.', 'You can try again in 27 seconds.']
    await expect.poll(() => spoken).toEqual(begun)
    for (const [seconds, says] of [
      [1, '26 seconds left.'],
      [16, '10 seconds left.'],
      [9, '1 second left.'],
    ] as const) {
      clock.pass(seconds * 1000)
      await expect.poll(() => page.getByText(says, { exact: true }).elements()).not.toEqual([])
    }
    expect(spoken).toEqual(begun)
    clock.pass(1000)
    await expect.poll(() => spoken).toEqual([...begun, 'You can try again now.'])
  })

  it('a code entered during a wait announces how long it lasts, and no error', async () => {
    const clock = new TestClock()
    const retryAt = clock.now() + 27_000
    const { flow, spoken } = start(
      { authenticateTotpMfaDevice: () => Promise.reject(new TotpFlowError('rate_limited', { retryAt })) },
      { clock },
    )
    await register(flow)
    await codeField().fill('123456')
    await userEvent.keyboard('{Enter}')
    await expect.poll(() => spoken.at(-1)).toBe('You can try again in 27 seconds.')
    const begun = [...spoken]
    clock.pass(5000)
    await userEvent.keyboard('{Enter}')
    await expect.poll(() => spoken).toEqual([...begun, 'You can try again in 22 seconds.'])
  })

  it('the help is announced once after the second wrong code, and never describes the field', async () => {
    const { flow, spoken } = start({
      authenticateTotpMfaDevice: () => Promise.reject(new TotpFlowError('invalid_code')),
    })
    await register(flow)
    const help = /^Still not right\?/
    const said = () => spoken.filter((words) => help.test(words)).length
    for (const [code, times] of [
      ['000000', 0],
      ['000001', 1],
      ['000002', 1],
    ] as const) {
      const before = spoken.length
      await codeField().fill(code)
      await userEvent.keyboard('{Enter}')
      await expect.poll(() => spoken.length).toBeGreaterThan(before)
      await expect.poll(said).toBe(times)
      await expect.element(codeField()).not.toHaveAccessibleDescription(/Still not right/)
    }
  })

  it('a slow check is announced, and a quick one is not', async () => {
    let answer = () => {}
    const { flow, spoken } = start({
      authenticateTotpMfaDevice: () =>
        new Promise((_resolve, reject) => {
          answer = () => reject(new TotpFlowError('network'))
        }),
    })
    await register(flow)
    await expect.element(codeField()).toBeVisible()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    flow.submitCode('123456')
    vi.advanceTimersByTime(900)
    answer()
    await flow.settled()
    vi.advanceTimersByTime(5000)
    flow.submitCode('123456')
    vi.advanceTimersByTime(2000)
    await expect.poll(() => spoken).toContain('Checking the code…')
    answer()
    vi.useRealTimers()
    await flow.settled()
    expect(spoken.filter((words) => words === 'Checking the code…')).toHaveLength(1)
  })

  it('no check is announced once it is over, whether pending or shown', async () => {
    let answer = () => {}
    const { flow } = start({
      authenticateTotpMfaDevice: () =>
        new Promise((_resolve, reject) => {
          answer = () => reject(new TotpFlowError('network'))
        }),
    })
    const isSaid = () => liveWords().join().includes('Checking the code…')
    const drawn = () => new Promise(requestAnimationFrame)
    await register(flow)
    await expect.element(codeField()).toBeVisible()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    for (const milliseconds of [1100, 2000]) {
      flow.submitCode('123456')
      vi.advanceTimersByTime(milliseconds)
      await drawn()
      expect(isSaid()).toBe(milliseconds === 2000)
      answer()
      await flow.settled()
      vi.advanceTimersByTime(400)
      await drawn()
      expect(isSaid()).toBe(false)
    }
  })

  it('nothing is announced again when a step-up is canceled, is done, or the page is redrawn', async () => {
    const { flow, spoken } = start()
    const phone = authenticator(await register(flow))
    await expect.element(codeField()).toBeVisible()
    flow.submitCode(phone.code())
    await expect.poll(() => spoken).toEqual(['Authenticator app enabled.'])
    flow.stepUp(['wallet:export'])
    await expect.element(button('Verify')).toBeVisible()
    flow.cancel()
    await expect.poll(() => button('Verify').elements()).toEqual([])
    flow.stepUp(['wallet:export'])
    await expect.element(button('Verify')).toBeVisible()
    flow.submitCode(phone.code(1))
    await flow.waitFor(({ elevation }) => elevation?.scopes.includes('wallet:export') === true)
    flow.refresh()
    await flow.settled()
    await isSilent()
    expect(spoken).toEqual(['Authenticator app enabled.'])
  })
})

it('an unbound page that is still there leaves announcements to another page of the flow', async () => {
  const flow = createTotpFlow({ backend: memoryBackend() })
  const [gone, other] = [1, 2].map(() => {
    const root = document.createElement('main')
    root.innerHTML = '<p role="status" data-totp-text="announcement"></p>'
    return root
  }) as [HTMLElement, HTMLElement]
  document.body.replaceChildren(gone, other)
  bindTotpFlow(gone, flow)()
  const unbind = bindTotpFlow(other, flow)
  onTestFinished(() => {
    unbind()
    flow.stop()
  })
  await enroll(flow)
  await expect.poll(() => other.textContent).toBe('Authenticator app enabled.')
  expect(gone.textContent).toBe('')
})

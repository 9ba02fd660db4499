/** Each part of `totp-flow/react/parts` alone, over a flow that stands where a test puts it. */
import type { ComponentType, ReactElement, ReactNode } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import type { MfaDevice, TotpFlow } from 'totp-flow'
import { en } from 'totp-flow/messages'
import {
  DeviceCard,
  RecoveryCodes,
  StepUpDialog,
  TotpChallenge,
  TotpEnrollment,
  TotpFlowProvider,
} from 'totp-flow/react'
import * as Totp from 'totp-flow/react/parts'
import { PasswordForm } from 'totp-flow/react/password'
import { expect, it, onTestFinished, vi } from 'vitest'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { Sealed } from '../../src/contract/sealed.ts'
import { type Changes, shownFlow } from '../ui/views.ts'

const device: MfaDevice = { id: 'd1', type: 'totp', verified: true, createdAt: '2026-01-01T00:00:00.000Z' }
const can = { register: true, stepUp: true, deleteDevice: true, cancel: true, refresh: true }
const on: Changes = {
  state: 'idle',
  detail: 'ready',
  busy: false,
  device,
  offersRecovery: true,
  offersRenewal: true,
  can,
}
const none: Changes = { ...on, device: null }
const asks: Changes = { ...on, state: 'awaitingCode', showsCodeField: true, intent: 'stepUp' }
const removal: Changes = { ...asks, intent: 'delete' }
const recoveryCodes = Sealed.of<readonly string[]>(['aaaaa-11111', 'bbbbb-22222'])
const saves: Changes = { ...on, recoveryCodes }
const URI = 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP'
const registration = Sealed.of({ id: 'd1', secret: 'JBSWY3DPEHPK3PXP', uri: URI })
const enrolling: Changes = { ...asks, device: null, intent: 'enroll', registration }

function shown(ui: ReactNode, view: Changes = on, more: Partial<TotpFlow> = {}) {
  const container = document.createElement('main')
  document.body.replaceChildren(container)
  const made = shownFlow(view)
  Object.assign(made.flow, more)
  const root = createRoot(container)
  const draw = (next: ReactNode) =>
    flushSync(() =>
      root.render(
        <TotpFlowProvider flow={made.flow} passwordForm={PasswordForm}>
          {next}
        </TotpFlowProvider>,
      ),
    )
  draw(ui)
  onTestFinished(() => {
    root.unmount()
    document.body.replaceChildren()
  })
  const find = <Found extends Element = HTMLElement>(selector: string) =>
    container.querySelector(selector) as unknown as Found
  return { ...made, container, root, draw, find, show: (next: Changes) => flushSync(() => made.show(next)) }
}

type Props = { [name: string]: unknown }
const inForm = (part: ReactElement) => <Totp.CodeForm>{part}</Totp.CodeForm>
const inCodes = (part: ReactElement) => <Totp.Codes>{part}</Totp.Codes>
const alone = (part: ReactElement) => part
const parts: [name: string, part: unknown, around: (part: ReactElement) => ReactElement, view: Changes][] = [
  ['Announcement', Totp.Announcement, alone, on],
  ['Root', Totp.Root, alone, on],
  ['DeviceStatus', Totp.DeviceStatus, alone, on],
  ['Error', Totp.Error, alone, on],
  ['Note', Totp.Note, inForm, asks],
  ['Notes', Totp.Notes, inForm, asks],
  ['CodeForm', Totp.CodeForm, alone, asks],
  ['CodeLabel', Totp.CodeLabel, inForm, asks],
  ['CodeField', Totp.CodeField, inForm, asks],
  ['Submit', Totp.Submit, inForm, asks],
  ['SwitchMethod', Totp.SwitchMethod, inForm, asks],
  ['Cancel', Totp.Cancel, alone, asks],
  ['SetUp', Totp.SetUp, alone, none],
  ['StartOver', Totp.StartOver, alone, enrolling],
  ['Remove', Totp.Remove, alone, on],
  ['Retry', Totp.Retry, alone, on],
  ['QrCode', Totp.QrCode, alone, enrolling],
  ['DeepLink', Totp.DeepLink, alone, enrolling],
  ['Codes', Totp.Codes, alone, saves],
  ['CodesTitle', Totp.CodesTitle, inCodes, saves],
  ['CodesHint', Totp.CodesHint, inCodes, saves],
  ['CodeList', Totp.CodeList, inCodes, saves],
  ['CopyCodes', Totp.CopyCodes, inCodes, saves],
  ['DownloadCodes', Totp.DownloadCodes, inCodes, saves],
  ['PrintCodes', Totp.PrintCodes, inCodes, saves],
  ['CopyNote', Totp.CopyNote, inCodes, saves],
  ['KeepNote', Totp.KeepNote, inCodes, saves],
  ['KeepCodes', Totp.KeepCodes, inCodes, saves],
  ['RenewCodes', Totp.RenewCodes, inCodes, on],
]

it.each(parts)(
  '%s takes the host’s props, which override its own, and keeps its behavior',
  (_name, made, around, view) => {
    const Part = made as ComponentType<Props>
    const { find, draw } = shown(around(<Part data-own="" />), view)
    const own = find('[data-own]')
    const attributes = (of: Element) =>
      Object.fromEntries([...of.attributes].map(({ name, value }) => [name, value]))
    const before = attributes(own)
    expect(before.part).toBeTruthy()
    draw(around(<Part data-own="" className="theirs" title="Theirs" aria-label="Theirs" id="theirs" />))
    const after = attributes(find('[data-own]'))
    expect(after).toMatchObject({
      class: 'theirs',
      title: 'Theirs',
      'aria-label': 'Theirs',
      id: 'theirs',
      part: before.part,
    })
    const kept = Object.entries(before).filter(([name]) => !['id', 'aria-label'].includes(name))
    // The ids that others point at follow the one of the host alone where it is theirs.
    expect(after).toMatchObject(Object.fromEntries(kept))
  },
)

it.each(parts)(
  '%s passes its whole behavior to the element that a host renders',
  (_name, made, around, view) => {
    const Part = made as ComponentType<Props>
    const render = vi.fn((props: Props) => <i data-own={Object.keys(props).sort().join(' ')} />)
    const { find } = shown(around(<Part render={render} className="theirs" />), view)
    expect(find('i[data-own]')).not.toBeNull()
    expect(render.mock.calls.at(-1)?.[0]).toMatchObject({ part: expect.any(String), className: 'theirs' })
  },
)

const buttons: [
  name: string,
  part: unknown,
  around: (part: ReactElement) => ReactElement,
  view: Changes,
  asked: unknown[],
][] = [
  ['SetUp', Totp.SetUp, alone, none, ['register']],
  ['StartOver', Totp.StartOver, alone, enrolling, ['register']],
  ['Cancel', Totp.Cancel, alone, asks, ['cancel']],
  ['Remove', Totp.Remove, alone, on, ['deleteDevice', { confirm: false }]],
  ['Retry', Totp.Retry, alone, on, ['refresh']],
]
it.each(buttons)(
  '%s acts after the host’s handler, unless that prevents it, and submits no form',
  (_name, made, around, view, expected) => {
    const Part = made as ComponentType<Props>
    const submitted = vi.fn((event: Event) => event.preventDefault())
    const order: string[] = []
    let isPrevented = true
    const onClick = (event: { preventDefault(): void }) => {
      order.push('theirs')
      if (isPrevented) event.preventDefault()
    }
    const { find, asked } = shown(<form>{around(<Part onClick={onClick} type="submit" />)}</form>, view)
    find('form').addEventListener('submit', submitted)
    find<HTMLElement>('form button').click()
    expect([asked, order]).toEqual([[], ['theirs']])
    isPrevented = false
    find<HTMLElement>('form button').click()
    expect([asked, order]).toEqual([[expected], ['theirs', 'theirs']])
    expect(submitted).not.toHaveBeenCalled()
  },
)

it.each([
  ['SetUp', Totp.SetUp, { register: false }],
  ['StartOver', Totp.StartOver, { register: false }],
  ['Cancel', Totp.Cancel, { cancel: false }],
  ['Remove', Totp.Remove, { deleteDevice: false }],
  ['Retry', Totp.Retry, { refresh: false }],
])(
  '%s does nothing while the chart would refuse it, says so, and is not disabled',
  (_name, Part, refused) => {
    const { find, asked } = shown(<Part />, { ...on, can: { ...can, ...refused } })
    const button = find<HTMLButtonElement>('button')
    expect([button.type, button.disabled, button.getAttribute('aria-disabled')]).toEqual([
      'button',
      false,
      'true',
    ])
    button.click()
    expect(asked).toEqual([])
  },
)

it.each(['Enter', 'a'])(
  'the key %s on a button is kept from the host where the browser presses the button by it',
  (key) => {
    const heard: string[] = []
    const hear = ({ type }: { type: string }) => heard.push(type)
    const { find } = shown(
      <div {...{ onKeyDown: hear, onKeyPress: hear, onKeyUp: hear }}>
        <Totp.SetUp onKeyDown={hear} />
      </div>,
      none,
    )
    for (const type of ['keydown', 'keypress', 'keyup', 'keyup'])
      find('button').dispatchEvent(
        new KeyboardEvent(type, { key, bubbles: true, cancelable: true, charCode: 13 }),
      )
    expect(heard).toEqual(
      key === 'Enter' ? ['keydown', 'keyup'] : ['keydown', 'keydown', 'keypress', 'keyup', 'keyup'],
    )
  },
)

it('an Enter that a host prevents on a button still bubbles', () => {
  const heard = vi.fn()
  const { find } = shown(
    <div {...{ onKeyDown: heard }}>
      <Totp.SetUp onKeyDown={(event) => event.preventDefault()} />
    </div>,
    none,
  )
  find('button').dispatchEvent(
    new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }),
  )
  expect(heard).toHaveBeenCalledTimes(1)
})

it('the link and the picture of an enrollment lead to its key, and are named', () => {
  const { find, show, container } = shown(
    <>
      <Totp.DeepLink />
      <Totp.QrCode />
    </>,
    enrolling,
  )
  expect(find('a').getAttribute('href')).toBe(URI)
  expect(find('a').textContent).toBe(en.enrollment.openApp)
  expect(find('svg').getAttribute('aria-label')).toBe(en.enrollment.qrCode)
  expect(
    ['role', 'width', 'height', 'shape-rendering'].map((name) => find('svg').getAttribute(name)),
  ).toEqual(['img', '232', '232', 'crispEdges'])
  show(on)
  expect(container.textContent).toBe('')
})

it.each<[when: string, at: Partial<MfaDevice>, since: string | null]>([
  ['of the first code', { verifiedAt: '2026-02-02T00:00:00.000Z' }, '2026-02-02T00:00:00.000Z'],
  ['when it was made', {}, '2026-01-01T00:00:00.000Z'],
  ['that nobody can read', { createdAt: 'long ago' }, null],
])('the status of an app shows the time %s', (_when, at, since) => {
  const { find } = shown(<Totp.DeviceStatus />, { ...on, device: { ...device, ...at } })
  expect(find('time')?.getAttribute('datetime') ?? null).toBe(since)
  if (since) expect(find('[part=since]').textContent).toBe(en.device.since(en.device.time(new Date(since))))
  else expect(find('[part=since]')).toBeNull()
})

it.each<[where: string, view: Changes, status: string, paths: number, part: string]>([
  ['while an app is on', on, en.device.on, 2, 'on'],
  ['before one is set up', none, en.device.none, 1, 'none'],
  [
    'before the backend has answered',
    { device: undefined, detail: 'loading' },
    en.device.loading,
    0,
    'loading',
  ],
  ['where it could not be reached', { device: undefined, detail: 'unavailable' }, '', 0, 'unavailable'],
])(
  'the status of an app says %s what there is, and shows it by its shield',
  (_where, view, status, paths, part) => {
    const { find, container } = shown(<Totp.DeviceStatus />, view)
    expect(find('[part=status]').textContent).toBe(status)
    expect(container.querySelectorAll('path')).toHaveLength(paths)
    expect(find('[part~=device-status]').part.value).toBe(`device-status ${part}`)
    expect(find('[part=since]') !== null).toBe(part === 'on')
  },
)

it('an enrollment of the card shows its current step, and what the card shows afterwards is done', () => {
  const { container, show, find } = shown(<DeviceCard />, enrolling)
  const steps = () =>
    [...container.querySelectorAll('[part~=step]')].map(
      (one) => `${one.part.value} ${one.getAttribute('aria-current')}`,
    )
  expect(steps()).toEqual(['step step', 'step null', 'step null'])
  show({ ...enrolling, registration: null })
  expect(steps()).toEqual(['step done null', 'step step', 'step null'])
  show(on)
  expect(steps()).toEqual([])
  expect(find('[part=subtitle]').textContent).toBe(en.device.guarded)
})

it.each([
  [true, 1],
  [undefined, 1],
  [false, 0],
])('a card with showsError %s says what went wrong in %i places of its own', (showsError, times) => {
  const { container } = shown(
    <DeviceCard {...(showsError !== undefined && { showsError })} className="mine" />,
    { ...on, error: new TotpFlowError('network') },
  )
  expect(
    [...container.querySelectorAll('[role=alert]')].filter(
      ({ textContent }) => textContent === en.errors.network,
    ),
  ).toHaveLength(times)
  expect(container.querySelector('section.mine[part=root]')).not.toBeNull()
})

it.each<[titleId: string | undefined, purposeId: string | undefined]>([
  [undefined, undefined],
  ['why', undefined],
  [undefined, 'for'],
  ['why', 'for'],
])(
  'a challenge with the titleId %s and the purposeId %s is named and described once',
  (titleId, purposeId) => {
    const given = { ...(titleId && { titleId }), ...(purposeId && { purposeId }) }
    const { find, show } = shown(<TotpChallenge {...given} className="mine" />, {
      ...asks,
      reason: 'Send €100',
    })
    const section = find('section')
    const title = find('h2')
    expect(section.className).toBe('mine')
    expect(section.getAttribute('aria-labelledby')).toBe(titleId ? null : title.id)
    expect(section.hasAttribute('aria-label')).toBe(false)
    expect(title.id).toBe(titleId ?? title.id)
    expect(find('[part=purpose]').getAttribute('id')).toBe(purposeId ?? null)
    expect(find('[part=purpose]').getAttribute('dir')).toBe('auto')
    const hint = () => find('[part=hint]').id
    if (purposeId) expect(hint()).toBe('for-hint')
    expect(find('[part=note]').id.endsWith('-code-note') && purposeId === undefined).toBe(false)
    if (purposeId) expect(find('[part=note]').id).toBe('for-code-note')
    show({ ...removal, showsCodeField: false, showsPasswordField: true, detail: 'password' })
    if (purposeId) expect(hint()).toBe('for-hint')
    expect(find('input').getAttribute('aria-describedby')).toBe(hint())
    show({ ...removal, showsCodeField: false, detail: 'confirming' })
    if (purposeId) expect(hint()).toBe('for-hint')
    expect([...document.querySelectorAll('button')].map(({ textContent }) => textContent)).toEqual([
      en.code.cancel,
      en.device.remove,
    ])
    show(on)
    expect(find('section')).toBeNull()
  },
)

it('a removal to confirm focuses Cancel, and is done with the other button', async () => {
  const { find, asked } = shown(<TotpChallenge />, {
    ...removal,
    showsCodeField: false,
    detail: 'confirming',
  })
  const [cancel, remove] = [...document.querySelectorAll('button')]
  await expect.poll(() => document.activeElement).toBe(cancel)
  remove?.click()
  expect(asked).toEqual([['deleteDevice']])
  expect(find('[part~=danger]')).toBe(remove)
})

it('events of the dialog do not reach the handlers around it, and Escape cancels the prompt', () => {
  const heard: string[] = []
  const hear = ({ type }: { type: string }) => heard.push(type)
  const { find, asked } = shown(
    <dialog open {...{ onClick: hear, onClose: hear, onCancel: hear, onToggle: hear }}>
      <StepUpDialog className="mine" />
    </dialog>,
    asks,
  )
  const dialog = find<HTMLDialogElement>('dialog.mine')
  expect(dialog.matches(':modal')).toBe(true)
  const events = ['click', 'close', 'toggle', 'cancel'].map(
    (type) => new Event(type, { bubbles: type === 'click', cancelable: true }),
  )
  for (const event of events) dialog.dispatchEvent(event)
  expect(heard).toEqual([])
  expect(events.map(({ defaultPrevented }) => defaultPrevented)).toEqual([false, false, false, true])
  expect(asked).toEqual([['cancel']])
})

it('the dialog opens again for the next code, and for another flow that replaces the first', () => {
  const { show, draw, find } = shown(<StepUpDialog />, asks)
  const isOpen = () => find<HTMLDialogElement>('dialog').matches(':modal')
  show(on)
  expect(isOpen()).toBe(false)
  show(removal)
  expect(isOpen()).toBe(true)
  const other = shownFlow(on)
  draw(
    <TotpFlowProvider flow={other.flow}>
      <StepUpDialog />
    </TotpFlowProvider>,
  )
  expect(isOpen()).toBe(false)
  flushSync(() => other.show(asks))
  expect(isOpen()).toBe(true)
})

it.each<[where: string, view: Changes, isRenewable: boolean, title: string | null, buttons: string[]]>([
  [
    'with codes to save',
    saves,
    true,
    en.recovery.title,
    [en.recovery.copy, en.recovery.download, en.recovery.print, en.recovery.keep],
  ],
  ['with none to save', on, true, en.recovery.list, [en.recovery.renew]],
  ['over a backend that makes none', { ...on, offersRenewal: false }, false, null, []],
  ['before an app is set up', none, false, null, []],
])('the recovery codes show %s what there is to do', (_where, view, _is, title, expected) => {
  const { find, container } = shown(<RecoveryCodes className="mine" />, view)
  expect(find('h2')?.textContent ?? null).toBe(title)
  expect([...container.querySelectorAll('button')].map(({ textContent }) => textContent)).toEqual(expected)
  const section = find('section')
  if (!title) return expect(container.childElementCount).toBe(0)
  expect(section.className).toBe('mine')
  expect(['data-totp', 'tabindex', 'lang', 'dir'].map((name) => section.getAttribute(name))).toEqual([
    '',
    '-1',
    'en',
    'ltr',
  ])
  expect(section.getAttribute('aria-labelledby')).toBe(find('h2').id)
})

it('the button that confirms the codes waits for a copy, says so in its description, and is busy meanwhile', async () => {
  let done = () => {}
  const acknowledgeRecoveryCodes = () =>
    new Promise<void>((resolve) => {
      done = resolve
    })
  const { find } = shown(
    <Totp.Codes>
      <Totp.CodesHint />
      <Totp.DownloadCodes />
      <Totp.KeepNote />
      <Totp.KeepCodes />
    </Totp.Codes>,
    saves,
    { acknowledgeRecoveryCodes },
  )
  const keep = () => find<HTMLButtonElement>('[part~=keep]')
  const state = () =>
    ['aria-disabled', 'aria-busy', 'aria-describedby'].map((name) => keep().getAttribute(name))
  expect(state()).toEqual(['true', 'false', find('[part=keep-note]').id])
  expect(find('[part=keep-note]').textContent).toBe(en.recovery.takeFirst)
  find<HTMLButtonElement>('[part~=download]').click()
  await expect.poll(state).toEqual([null, 'false', null])
  expect(find('[part=keep-note]').textContent).toBe('')
  keep().click()
  await expect.poll(state).toEqual([null, 'true', null])
  done()
  await expect.poll(state).toEqual([null, 'false', null])
})

it.each<[where: string, view: Changes]>([
  ['in an enrollment', enrolling],
  ['after a reload in an enrollment', { ...enrolling, registration: null }],
  ['in a step-up', asks],
])('the field %s is named, and described by what stands above it and by its note', (_where, view) => {
  const { find, container } = shown(view.intent === 'enroll' ? <TotpEnrollment /> : <TotpChallenge />, view)
  const field = find('input')
  const ids = field.getAttribute('aria-describedby')?.split(' ') ?? []
  const there = ids.filter((id) => container.querySelector(`[id="${id}"]`))
  expect(there).toHaveLength(2)
  expect(find(`[id="${field.getAttribute('aria-errormessage')}"]`).getAttribute('role')).toBe('alert')
  expect(find('label').getAttribute('for')).toBe(field.id)
  expect([
    field.getAttribute('form'),
    field.getAttribute('enterkeyhint'),
    field.getAttribute('aria-invalid'),
  ]).toEqual(['', 'go', 'false'])
})

it('the setup key and its button have names, and the button reports the result of copying', async () => {
  vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('not lent'))
  onTestFinished(() => {
    vi.restoreAllMocks()
  })
  const { find } = shown(<Totp.SetupKey className="mine" />, enrolling)
  expect(find('.mine').part.value).toBe('setup-key')
  const label = find('[part=key-label]')
  expect(label.textContent).toBe(en.enrollment.setupKey)
  expect(
    ['role', 'dir', 'translate', 'aria-labelledby'].map((name) => find('[part=key]').getAttribute(name)),
  ).toEqual(['group', 'ltr', 'no', label.id])
  const copy = find<HTMLButtonElement>('[part~=copy]')
  expect(copy.getAttribute('aria-describedby')).toBe(label.id)
  expect(find('[part=copy-note]').textContent).toBe('')
  copy.click()
  await expect.poll(() => find('[part=copy-note]').textContent).toBe(en.enrollment.keySelected)
  expect(getSelection()?.toString().replace(/\s/g, '')).toBe('JBSWY3DPEHPK3PXP')
  vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
  copy.click()
  await expect.poll(() => copy.textContent).toBe(en.enrollment.copied)
  expect(find('[part=copy-note]').textContent).toBe('')
  await expect.poll(() => copy.textContent).toBe(en.enrollment.copy)
})

it.each([
  ['there is a picture to look at', enrolling, false],
  ['an enrollment goes on after a reload', { ...enrolling, registration: null }, true],
])(
  'on a touch screen, the field is focused automatically only if there is nothing to read first: here %s',
  (_where, view, isFocused) => {
    vi.spyOn(window, 'matchMedia').mockReturnValue({ matches: true } as MediaQueryList)
    onTestFinished(() => {
      vi.restoreAllMocks()
    })
    const { find } = shown(<TotpEnrollment />, view)
    expect(document.activeElement === find('input')).toBe(isFocused)
  },
)

it('the button for new codes is busy while they are generated, and a failure is explained', async () => {
  let fail = () => {}
  const renewRecoveryCodes = () =>
    new Promise<void>((_, reject) => {
      fail = () => reject(new TotpFlowError('network'))
    })
  const { find } = shown(
    <Totp.Codes>
      <Totp.RenewCodes />
      <Totp.CodesError />
    </Totp.Codes>,
    on,
    { renewRecoveryCodes },
  )
  find<HTMLButtonElement>('button').click()
  await expect.poll(() => find('button').ariaBusy).toBe('true')
  expect(find('[role=alert]')).toBeNull()
  fail()
  await expect.poll(() => find('[role=alert]')?.textContent).toBe(en.errors.network)
  expect(find('button').ariaBusy).toBe('false')
})

it('a field without autofocus is focused after a switch of the method', async () => {
  const { find } = shown(
    <Totp.CodeForm>
      <Totp.CodeField autoFocus={false} />
      <Totp.SwitchMethod />
    </Totp.CodeForm>,
    asks,
  )
  expect(document.activeElement).toBe(document.body)
  find<HTMLButtonElement>('button').click()
  await expect
    .poll(() => document.activeElement === find('input') && find('input').part.value)
    .toBe('code-field recovery')
  find<HTMLButtonElement>('button').click()
  await expect.poll(() => find('input').part.value).toBe('code-field app')
  expect(document.activeElement).not.toBe(find('input'))
})

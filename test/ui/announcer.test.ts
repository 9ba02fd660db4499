import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { MfaDevice } from '../../src/contract/answers.ts'
import { Sealed } from '../../src/contract/sealed.ts'
import { en } from '../../src/messages/en.ts'
import { type Announced, announcementOf, announcerOf } from '../../src/ui/announcer.ts'
import { type Changes, shownFlow } from './views.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const device: MfaDevice = { id: 'd1', type: 'totp', verified: true, createdAt: '2026-01-01T00:00:00.000Z' }
const codes = () => Sealed.of<readonly string[]>(['aaaaa-11111'])
const on: Changes = { state: 'idle', detail: 'ready', device }
const asks: Changes = { ...on, state: 'awaitingCode', showsCodeField: true }
const checks: Changes = { ...on, state: 'verifying', detail: null, showsCodeField: true }
const none: Changes = { ...on, device: null }
const pending: Changes = { ...on, device: { ...device, verified: false } }
const withCodes: Changes = { ...on, recoveryCodes: codes() }
const throttled: Changes = { ...asks, detail: 'throttled', retryAt: 2500 }

/** An announcer that follows a flow, and a live region that joined it. */
function start(first: Changes, isShown = true, dialog: Element | null = null) {
  const shown = shownFlow(first)
  const announcer = announcerOf(shown.flow)
  const region = regionOf(isShown, dialog)
  const part = announcer.join(region)
  const leave = announcer.subscribe(() => {})
  const said = () => announcer.getState().what
  return { ...shown, announcer, region, part, leave, said }
}
const regionOf = (isShown: boolean, dialog: Element | null = null) =>
  ({
    checkVisibility: () => isShown,
    closest: (selector: string) => (selector === 'dialog[open]' ? dialog : null),
  }) as unknown as Element

it.each<[what: Announced['what'], when: string, before: Changes, now: Changes]>([
  ['enabled', 'an app comes on where none was', none, on],
  ['enabled', 'an app that was pending comes on', pending, on],
  ['enabled', 'an app comes on with recovery codes', none, withCodes],
  [null, 'the backend tells for the first time of an app that is on', { device: undefined }, on],
  [null, 'nothing changes', on, on],
  [null, 'an app is pending now', none, pending],
  ['removed', 'the app is gone', on, none],
  [null, 'a pending app is gone', pending, none],
  [null, 'it is no longer known what there is', on, { device: undefined }],
  ['codesReplaced', 'new codes come while the app is on', on, withCodes],
  ['codesReplaced', 'new codes come in the place of others', withCodes, { ...on, recoveryCodes: codes() }],
  [null, 'the same codes stand there still', withCodes, withCodes],
  [null, 'the codes are kept', withCodes, on],
  ['wait', 'a wait begins', asks, throttled],
  [null, 'a wait goes on', throttled, throttled],
  ['tryAgain', 'a wait is over', throttled, { ...asks, detail: 'ready' }],
  [null, 'a wait is left', throttled, on],
  [null, 'a code is asked for without a wait before', on, { ...asks, detail: 'ready' }],
  [null, 'something else than a code follows a wait', throttled, { ...asks, detail: 'password' }],
])('the announcer says %s when %s', (what, _when, before, now) => {
  const { show, said } = start(before)
  show(now)
  expect(said()).toBe(null) // after the focus has moved
  vi.advanceTimersByTime(300)
  expect(said()).toBe(what)
})

it('an announcement is cleared after a while, and leaves no timer', () => {
  const { show, said, announcer, region } = start(none)
  show(on)
  vi.advanceTimersByTime(299)
  expect(said()).toBe(null)
  vi.advanceTimersByTime(1)
  expect(announcer.getState()).toEqual({ what: 'enabled', by: region, secondsLeft: 1 })
  vi.advanceTimersByTime(3999)
  expect(said()).toBe('enabled')
  vi.advanceTimersByTime(1)
  expect(announcer.getState()).toEqual({ what: null, by: null, secondsLeft: 0 })
  expect(vi.getTimerCount()).toBe(0)
})

it('the next announcement replaces the current one, and has its full time', () => {
  const { show, said } = start(none)
  show(on)
  vi.advanceTimersByTime(3000)
  show(none)
  expect(said()).toBe(null)
  vi.advanceTimersByTime(300)
  expect(said()).toBe('removed')
  vi.advanceTimersByTime(3999)
  expect(said()).toBe('removed')
})

it('a check is announced after a second, and only while it lasts', () => {
  const { show, said } = start(asks)
  show(checks)
  vi.advanceTimersByTime(999)
  show(checks) // something else of it changes
  vi.advanceTimersByTime(300)
  expect(said()).toBe(null)
  vi.advanceTimersByTime(1)
  expect(said()).toBe('checking')
  show(asks)
  expect(said()).toBe(null)
  vi.advanceTimersByTime(10_000)
  expect(said()).toBe(null)
})

it('a check shorter than a second is not announced, nor the next one before its own second', () => {
  const { show, said } = start(asks)
  show(checks)
  vi.advanceTimersByTime(900)
  show(asks)
  show(checks)
  vi.advanceTimersByTime(400)
  expect(said()).toBe(null)
  show(asks)
  vi.advanceTimersByTime(5000)
  expect(said()).toBe(null)
})

it('the end of a check clears no other announcement', () => {
  const { show, said, announcer } = start(asks)
  show(checks)
  announcer.say('keyCopied')
  vi.advanceTimersByTime(300)
  show(asks)
  expect(said()).toBe('keyCopied')
  show(on)
  expect(said()).toBe('keyCopied')
})

it('nothing is announced without a listener, nor afterwards', () => {
  const { show, said, leave, announcer, listeners } = start(asks)
  show(checks)
  announcer.say('keyCopied')
  leave()
  expect([vi.getTimerCount(), listeners.size]).toEqual([0, 0])
  show(none)
  const again = announcer.subscribe(() => {})
  vi.advanceTimersByTime(5000)
  expect(said()).toBe(null)
  show(on)
  vi.advanceTimersByTime(300)
  expect(said()).toBe('enabled')
  again()
})

it('one flow has one announcer, and another has its own', () => {
  const [one, other] = [shownFlow().flow, shownFlow().flow]
  expect(announcerOf(one)).toBe(announcerOf(one))
  expect(announcerOf(one)).toBe(announcerOf({ ...one }))
  expect(announcerOf(one)).not.toBe(announcerOf(other))
})

it('the region in the open dialog announces, else the first visible one, if there is any', () => {
  const { announcer } = start(on, false)
  const [first, second] = [regionOf(true), regionOf(true)]
  const inDialog = regionOf(true, {} as Element)
  const speaks = () => {
    announcer.say('keyCopied')
    vi.advanceTimersByTime(300)
    return announcer.getState().by
  }
  expect(speaks()).toBe(null)
  const parts = [first, second, inDialog].map((region) => announcer.join(region))
  expect(speaks()).toBe(inDialog)
  parts[2]?.()
  expect(speaks()).toBe(first)
  parts[0]?.()
  expect(speaks()).toBe(second)
  parts[1]?.()
  expect(speaks()).toBe(null)
})

it.each([
  [2500, 3],
  [1001, 2],
  [1000, 1],
  [0, 1],
  [null, 1],
])('a wait until %s is announced with %s seconds', (retryAt, seconds) => {
  const { show, announcer } = start(asks)
  show({ ...throttled, retryAt })
  vi.advanceTimersByTime(300)
  expect(announcer.getState()).toMatchObject({ what: 'wait', secondsLeft: seconds })
})

it.each<[what: Announced['what'], words: string]>([
  [null, ''],
  ['keySelected', en.enrollment.keySelected],
  ['codesSelected', en.recovery.selected],
  ['help', en.code.help],
  ['wait', en.announcements.wait(7)],
  ['enabled', en.announcements.enabled],
  ['removed', en.announcements.removed],
  ['checking', en.announcements.checking],
  ['tryAgain', en.announcements.tryAgain],
  ['keyCopied', en.announcements.keyCopied],
  ['codesCopied', en.announcements.codesCopied],
  ['codesSaved', en.announcements.codesSaved],
  ['codesReplaced', en.announcements.codesReplaced],
])('the messages have words for %s', (what, words) => {
  expect(announcementOf({ what, by: null, secondsLeft: 7 }, en)).toBe(words)
})

it('a check of a passkey is never announced as one of a code', () => {
  const { show, said } = start(asks)
  show({ ...checks, checking: 'passkey' })
  vi.advanceTimersByTime(60_000)
  expect(said()).toBeNull()
})

it('an announcement may bring its own words', () => {
  const { announcer, said } = start(on)
  announcer.say(({ lang }) => `Said in ${lang}.`)
  vi.advanceTimersByTime(300)
  expect(said()).toBeTypeOf('function')
  expect(announcementOf(announcer.getState(), en)).toBe('Said in en.')
})

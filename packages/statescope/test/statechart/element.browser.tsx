import 'statescope/state-chart'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Statechart } from 'statescope/react'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { createActor, fromPromise } from 'xstate'
import { nameless, order, player } from './machines.ts'

let chart: HTMLElementTagNameMap['state-chart']
beforeEach(() => {
  chart = document.createElement('state-chart')
  chart.style.height = '500px'
  document.body.replaceChildren(chart)
})
afterEach(() => chart.remove())

const drawn = (element: Element = chart) =>
  expect.poll(() => element.shadowRoot?.querySelectorAll('[data-state]').length).toBeGreaterThan(0)
const lit = (element: Element = chart) =>
  [...(element.shadowRoot?.querySelectorAll('[data-active]') ?? [])].map((state) =>
    state.getAttribute('data-state'),
  )
const taken = () =>
  [...(chart.shadowRoot?.querySelectorAll('text[data-taken]') ?? [])].map(({ textContent }) => textContent)

it('draws a machine, and says so when it cannot', async () => {
  chart.machine = order
  await drawn()
  expect(lit()).toEqual([])
  chart.actor = createActor(fromPromise(async () => 1)).start()
  await expect.element(page.getByRole('status')).toHaveTextContent('This actor does not run a state machine.')
  expect(chart.shadowRoot?.querySelector('svg[role=img]')).toBeNull()
})

it('shows nothing of an actor that it was told to follow no more', async () => {
  chart.actor = createActor(player).start()
  await drawn()
  chart.actor = null
  expect(chart.shadowRoot?.querySelector('svg[role=img]')).toBeNull()
  expect(page.getByRole('status').element().textContent).toBe('')
})

it('follows an actor: the states it is in, and the way it took', async () => {
  const actor = createActor(order).start()
  chart.actor = actor
  await drawn()
  actor.send({ type: 'ready' })
  actor.send({ type: 'checkout' })
  expect(page.getByRole('status').element().textContent).toBe('In address')
  expect(lit()).toEqual(['order', 'order.address'])
  expect(taken()).toEqual(['checkout [hasItems]'])
  chart.remove()
  actor.send({ type: 'back' })
  document.body.append(chart)
  await expect.element(page.getByRole('status')).toHaveTextContent('In cart.loading')
})

it('shows the way that was taken also when it was told of it before it was drawn', async () => {
  chart.machine = player
  const by = { before: { track: 'stopped', sound: 'on' }, eventType: 'mute' }
  chart.show({ track: 'stopped', sound: 'off' }, by)
  await drawn()
  expect(taken()).toEqual(['mute'])
  chart.machine = order
  await expect.element(page.getByRole('img', { name: 'Statechart of order' })).toBeVisible()
  expect(taken()).toEqual([])
})

it('lights every region of a parallel state', async () => {
  const actor = createActor(player).start()
  chart.actor = actor
  await drawn()
  actor.send({ type: 'mute' })
  await expect.element(page.getByRole('status')).toHaveTextContent('In track.stopped and sound.off')
  expect(taken()).toEqual(['× mute: forbidden', 'mute'])
})

const size = () => {
  const svg = chart.shadowRoot?.querySelector('svg')
  return { now: Number(svg?.getAttribute('width')), own: svg?.viewBox.baseVal.width ?? 0 }
}
const frame = () => page.getByRole('group', { name: /^Statechart/ }).element()
const isSeen = (id: string) => {
  const box = chart.shadowRoot?.querySelector(`[data-state="${id}"]`)?.getBoundingClientRect()
  const seen = frame().getBoundingClientRect()
  return (
    box !== undefined &&
    box.left >= seen.left &&
    box.right <= seen.right &&
    box.top >= seen.top &&
    box.bottom <= seen.bottom
  )
}

it('the drawing is large enough to read, and shows the active state in however small a frame', async () => {
  chart.style.cssText = 'width:360px;height:300px'
  chart.machine = order
  await drawn()
  expect(size().now).toBe(size().own)
  await expect.poll(() => isSeen('order.cart.loading')).toBe(true)
  chart.show('delivered')
  expect(isSeen('order.delivered')).toBe(true)
  expect(isSeen('order.cart.loading')).toBe(false)
  chart.show({ cart: 'unavailable' })
  expect(isSeen('order.cart.unavailable')).toBe(true)
  chart.hidden = true
  for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame)
  chart.show('delivered')
  chart.hidden = false
  await expect.poll(() => isSeen('order.delivered')).toBe(true)
})

it('keys and buttons zoom and fit the drawing', async () => {
  chart.machine = order
  await drawn()
  const { own } = size()
  frame().focus()
  await userEvent.keyboard('+')
  expect(size().now).toBeCloseTo(own * 1.25, 1)
  await userEvent.keyboard('--')
  expect(size().now).toBeCloseTo(own / 1.25, 1)
  await userEvent.keyboard('0')
  const fitted = size().now
  expect(fitted).toBeLessThan(own / 2)
  expect(frame().scrollHeight).toBe(frame().clientHeight)
  await page.getByRole('button', { name: 'Larger' }).click()
  expect(size().now).toBeCloseTo(fitted * 1.25, 1)
  await page.getByRole('button', { name: 'Fit' }).click()
  expect(size().now).toBe(fitted)
  frame().focus()
  const seen: number[] = []
  for (let steps = 0; steps < 8; steps++) {
    await userEvent.keyboard('+')
    seen.push(size().now)
  }
  expect(seen).toContain(own) // from smaller to larger by its own size
})

it('gives the picture away as a file of its own, in the colors that it has', async () => {
  chart.machine = player
  await drawn()
  const svg = new DOMParser().parseFromString(chart.toSvg(), 'image/svg+xml')
  expect(svg.querySelector('parsererror, style')).toBeNull()
  expect(svg.querySelectorAll('[data-state]').length).toBe(13)
  expect(svg.querySelector('rect')?.getAttribute('style')).toMatch(/fill: ?rgb/)
  expect(chart.toSvg()).not.toContain('light-dark')
})

it('runs nothing that a name holds', async () => {
  chart.machine = nameless
  await drawn()
  expect(chart.shadowRoot?.querySelector('img, script')).toBeNull()
})

it('shows the same from React, in StrictMode too', async () => {
  const host = document.createElement('div')
  document.body.replaceChildren(host)
  const actor = createActor(player).start()
  const root = createRoot(host)
  root.render(
    <StrictMode>
      <Statechart actor={actor} />
    </StrictMode>,
  )
  await expect.poll(() => host.querySelector('state-chart')?.shadowRoot).toBeTruthy()
  const element = host.querySelector('state-chart')
  if (!element) throw new Error('not drawn')
  await drawn(element)
  actor.send({ type: 'mute' })
  await expect.poll(() => lit(element)).toContain('player.sound.off')
  root.render(
    <StrictMode>
      <Statechart machine={order} />
    </StrictMode>,
  )
  await expect.poll(() => element.shadowRoot?.querySelector('[data-state="order.cart"]')).toBeTruthy()
  root.unmount()
})

const drawnStates = () => chart.shadowRoot?.querySelectorAll('[data-state]').length
const insideOf = (id: string) => chart.shadowRoot?.querySelector(`[data-state="${id}"] .row`)?.textContent

it('an element with a depth draws the gist, lit, and says where the machine is inside a state', async () => {
  const actor = createActor(player).start()
  chart.actor = actor
  chart.depth = 1
  await drawn()
  await expect.poll(drawnStates).toBe(3)
  expect(lit()).toEqual(['player', 'player.track', 'player.sound'])
  expect(insideOf('player.track')).toBe('stopped')
  actor.send({ type: 'play' })
  expect(insideOf('player.track')).toBe('loading')
  expect(page.getByRole('status').element().textContent).toBe('In track.loading and sound.on')
})

it('in the gist, a transition that is taken is named where it runs, and no other is', async () => {
  const actor = createActor(order).start()
  chart.setAttribute('depth', '1')
  chart.actor = actor
  await drawn()
  actor.send({ type: 'ready' })
  expect(taken()).toEqual([]) // from one state inside another
  actor.send({ type: 'checkout' })
  expect(taken()).toEqual(['checkout'])
  const named = [...(chart.shadowRoot?.querySelectorAll('.event') ?? [])].filter((one) =>
    one.checkVisibility(),
  )
  expect(named.map(({ textContent }) => textContent)).toEqual(['checkout'])
})

it('the whole chart is a button away from the gist, and the gist from the whole', async () => {
  chart.depth = 1
  chart.machine = player
  await expect.poll(drawnStates).toBe(3)
  const whole = page.getByRole('button', { name: 'Whole chart' })
  await whole.click()
  await expect.poll(drawnStates).toBeGreaterThan(3)
  expect(whole.element().ariaPressed).toBe('true')
  await whole.click()
  await expect.poll(drawnStates).toBe(3)
})

it.each([0, -1, Number.NaN])('a depth of %d is none, and draws the whole without a button', async (depth) => {
  chart.depth = depth
  chart.machine = player
  await drawn()
  expect(chart.depth).toBeNull()
  expect(drawnStates()).toBeGreaterThan(3)
  await expect.element(page.getByRole('button', { name: 'Whole chart' })).not.toBeInTheDocument()
})

it('the React component takes a depth', async () => {
  const root = createRoot(document.body.appendChild(document.createElement('div')))
  root.render(<Statechart machine={player} depth={1} />)
  await expect.poll(() => document.querySelector('div state-chart')).not.toBeNull()
  const own = document.querySelector('div state-chart')
  await expect.poll(() => own?.shadowRoot?.querySelectorAll('[data-state]').length).toBe(3)
  root.unmount()
})

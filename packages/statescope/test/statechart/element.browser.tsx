import 'statescope/state-chart'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Statechart } from 'statescope/react'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { createActor, fromPromise } from 'xstate'
import { nameless, nested, order, player, wide } from './machines.ts'

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

it('the chart draws a machine, and says so if it cannot', async () => {
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
  const by = { taken: [{ source: 'player.sound.on', eventType: 'mute', nth: 0 }] }
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

it('keys and buttons zoom the drawing', async () => {
  chart.machine = order
  await drawn()
  const { own } = size()
  frame().focus()
  await userEvent.keyboard('+')
  expect(size().now).toBeCloseTo(own * 1.25, 1)
  await userEvent.keyboard('--')
  expect(size().now).toBeCloseTo(own / 1.25, 1)
  await page.getByRole('button', { name: 'Larger' }).click()
  expect(size().now).toBe(own)
  frame().focus()
  await userEvent.keyboard('0')
  expect(size().now).toBeLessThan(own)
  const seen: number[] = []
  for (let steps = 0; steps < 8; steps++) {
    await userEvent.keyboard('+')
    seen.push(size().now)
  }
  expect(seen).toContain(own) // from smaller to larger by its own size
})

it.each([
  ['all of it', '900px', '1400px', (own: number) => own * (1300 / 1580)],
  ['as much of it as can be read', '300px', '400px', (own: number) => own * 0.6],
])('the chart fits %s', async (_, width, height, expected) => {
  chart.style.cssText = `width:${width};height:${height}`
  chart.machine = order
  await drawn()
  const own = size().own
  frame().focus()
  await userEvent.keyboard('0')
  const fitted = size().now
  expect(Math.abs(fitted - expected(own))).toBeLessThan(25)
  await userEvent.keyboard('+')
  expect(size().now).toBeCloseTo(Math.min(own, fitted * 1.25), 1)
  await page.getByRole('button', { name: 'Fit' }).click()
  expect(size().now).toBe(fitted)
})

it('the chart returns its picture as an SVG file with its current colors', async () => {
  chart.actor = createActor(player).start()
  await drawn()
  await expect.poll(() => lit()).not.toEqual([])
  const svg = new DOMParser().parseFromString(chart.toSvg(), 'image/svg+xml')
  expect(svg.querySelector('parsererror, style')).toBeNull()
  expect(svg.querySelectorAll('[data-state]').length).toBe(13)
  expect(svg.querySelector('rect')?.getAttribute('style')).toMatch(/fill: ?rgb/)
  expect(chart.toSvg()).not.toMatch(/light-dark|color\(|color-mix/)
})

it('the chart runs no code in a name', async () => {
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

it('the whole of a gist in which nothing is collapsed says more, too', async () => {
  chart.depth = 1
  chart.machine = nameless
  await drawn()
  const texts = () => chart.shadowRoot?.querySelectorAll('.row, .event').length ?? 0
  const before = texts()
  await page.getByRole('button', { name: 'Whole chart' }).click()
  await expect.poll(texts).toBeGreaterThan(before)
})

it.each([0, -1, Number.NaN])(
  'a depth of %d is ignored, and the whole chart is drawn without a button',
  async (depth) => {
    chart.depth = depth
    chart.machine = player
    await drawn()
    expect(chart.depth).toBeNull()
    expect(drawnStates()).toBeGreaterThan(3)
    await expect.element(page.getByRole('button', { name: 'Whole chart' })).not.toBeInTheDocument()
  },
)

it('the React component takes a depth', async () => {
  const root = createRoot(document.body.appendChild(document.createElement('div')))
  root.render(<Statechart machine={player} depth={1} />)
  await expect.poll(() => document.querySelector('div state-chart')).not.toBeNull()
  const own = document.querySelector('div state-chart')
  await expect.poll(() => own?.shadowRoot?.querySelectorAll('[data-state]').length).toBe(3)
  root.unmount()
})

const buttonFor = (path: string) => page.getByRole('button', { name: `States in ${path}`, exact: true })
const nodeOf = (id: string) => chart.shadowRoot?.querySelector(`.state[data-state="${id}"]`)

it('a state collapses and opens by its button: the machine is followed inside, and what leads there still does', async () => {
  const actor = createActor(order).start()
  chart.actor = actor
  await drawn()
  await expect.element(buttonFor('cart')).toHaveAttribute('aria-expanded', 'true')
  await buttonFor('cart').click()
  await expect.element(buttonFor('cart')).toHaveAttribute('aria-expanded', 'false')
  expect(nodeOf('order.cart.ready')).toBeNull()
  expect(insideOf('order.cart')).toBe('loading')
  actor.send({ type: 'ready' })
  expect(insideOf('order.cart')).toBe('ready')
  expect(nodeOf('order.payment.paying')).not.toBeNull()
  actor.send({ type: 'checkout' })
  expect(taken()).toEqual(['checkout [hasItems]'])
  await buttonFor('cart').click()
  await expect.poll(() => nodeOf('order.cart.ready')).not.toBeNull()
})

it('the keyboard collapses and opens a state, and stays with it', async () => {
  chart.machine = order
  await drawn()
  const isFocused = () => buttonFor('payment').element().matches(':focus')
  ;(buttonFor('payment').element() as HTMLElement).focus()
  for (const state of ['false', 'true']) {
    await userEvent.keyboard('{Enter}')
    await expect.element(buttonFor('payment')).toHaveAttribute('aria-expanded', state)
    expect(isFocused()).toBe(true)
  }
})

it('the button of a state that collapses stays where it is', async () => {
  chart.style.cssText = 'width:360px;height:300px'
  chart.machine = order
  await drawn()
  const at = () => buttonFor('payment').element().getBoundingClientRect().top
  buttonFor('payment').element().scrollIntoView({ block: 'center' })
  const before = at()
  await buttonFor('payment').click()
  await expect.element(buttonFor('payment')).toHaveAttribute('aria-expanded', 'false')
  expect(at()).toBeCloseTo(before, 0)
})

it('the picture as a file has no button in it', async () => {
  chart.machine = order
  await drawn()
  expect(chart.toSvg()).not.toMatch(/button|States in/)
})

const ratio = () => {
  const svg = chart.shadowRoot?.querySelector('svg')
  return Number(svg?.getAttribute('width')) / Number(svg?.getAttribute('height'))
}

it('a chart leads from left to right, by its attribute or by its button', async () => {
  chart.machine = order
  await drawn()
  const down = ratio()
  await page.getByRole('button', { name: 'Left to right' }).click()
  await expect.poll(ratio).toBeGreaterThan(down * 2)
  expect(page.getByRole('button', { name: 'Left to right' }).element().ariaPressed).toBe('true')
  chart.setAttribute('direction', 'down')
  expect(chart.direction).toBe('down')
  await expect.poll(ratio).toBeCloseTo(down, 5)
  chart.setAttribute('direction', 'sideways')
  expect(chart.direction).toBe('down')
})

it.each([1, -1])('a wheel with Ctrl zooms around the pointer (%d)', async (way) => {
  chart.style.cssText = 'width:200px;height:300px'
  chart.machine = order
  await drawn()
  nodeOf('order.payment.choosing')?.scrollIntoView({ block: 'center', inline: 'center' })
  const box = () => nodeOf('order.payment.choosing')?.getBoundingClientRect() ?? new DOMRect()
  const { left, top } = box()
  const at = { clientX: left, clientY: top, ctrlKey: true, bubbles: true, cancelable: true, composed: true }
  const wheel = new WheelEvent('wheel', { deltaY: 50 * way, ...at })
  const width = box().width
  frame().dispatchEvent(wheel)
  expect(wheel.defaultPrevented).toBe(true)
  expect(box().width / width).toBeCloseTo(1.25 ** (-way / 2), 2)
  expect(box().left).toBeCloseTo(left, -0.5)
  expect(box().top).toBeCloseTo(top, -0.5)
  frame().dispatchEvent(new WheelEvent('wheel', { deltaY: 50, bubbles: true }))
  expect(box().width / width).toBeCloseTo(1.25 ** (-way / 2), 2) // it scrolls
})

it('two fingers zoom, and one scrolls', async () => {
  chart.machine = order
  await drawn()
  const { own } = size()
  const touch = (type: string, ...places: [number, number][]) => {
    const touches = places.map(
      ([clientX, clientY], identifier) => new Touch({ identifier, target: frame(), clientX, clientY }),
    )
    const event = new TouchEvent(type, { touches, bubbles: true, cancelable: true })
    frame().dispatchEvent(event)
    return event.defaultPrevented
  }
  expect(touch('touchmove', [100, 100], [200, 100])).toBe(true)
  expect(touch('touchmove', [100, 100], [250, 100])).toBe(true)
  expect(size().now).toBeCloseTo(own * 1.5, 0)
  touch('touchend')
  expect(touch('touchmove', [100, 100])).toBe(false)
  touch('touchmove', [100, 100], [400, 100])
  expect(size().now).toBeCloseTo(own * 1.5, 0) // a new gesture begins where the last one ended
})

it('a mouse drags the picture, and does not when it presses a button of it', async () => {
  chart.style.cssText = 'width:360px;height:300px'
  chart.machine = order
  await drawn()
  const { left, top } = frame().getBoundingClientRect()
  const press = (target: Element, type: string, x: number, y: number) =>
    target.dispatchEvent(
      new PointerEvent(type, {
        clientX: left + x,
        clientY: top + y,
        pointerType: 'mouse',
        pointerId: 1,
        bubbles: true,
        composed: true,
      }),
    )
  const before = frame().scrollTop
  try {
    press(frame(), 'pointerdown', 100, 200)
  } catch {} // no such pointer can be captured
  press(frame(), 'pointermove', 100, 150)
  expect(frame().scrollTop).toBe(before + 50)
  frame().dispatchEvent(new PointerEvent('lostpointercapture'))
  press(buttonFor('cart').element(), 'pointerdown', 100, 200)
  press(frame(), 'pointermove', 100, 100)
  expect(frame().scrollTop).toBe(before + 50)
})

it('finds states by name, opens what is around them, and goes from one to the next', async () => {
  chart.style.cssText = 'width:360px;height:300px'
  chart.machine = order
  await drawn()
  await buttonFor('payment').click()
  await expect.poll(() => nodeOf('order.payment.paying')).toBeNull()
  frame().focus()
  await userEvent.keyboard('/')
  const field = page.getByRole('searchbox', { name: 'Find a state' })
  expect(field.element().matches(':focus')).toBe(true)
  await userEvent.keyboard('PAY{Enter}')
  const found = () => chart.shadowRoot?.querySelector('[data-found]')?.getAttribute('data-state')
  const said = () => chart.shadowRoot?.querySelector('[aria-live=polite]')?.textContent
  expect(found()).toBe('order.payment')
  expect(said()).toBe('1 of 2: payment')
  await userEvent.keyboard('{Enter}')
  await expect.poll(found).toBe('order.payment.paying')
  expect(said()).toBe('2 of 2: payment.paying')
  expect(isSeen('order.payment.paying')).toBe(true)
  await userEvent.keyboard('{Enter}')
  expect(found()).toBe('order.payment')
  chart.show('delivered') // which is not to take away what was found
  expect(isSeen('order.delivered')).toBe(false)
  expect(found()).toBe('order.payment')
  await userEvent.fill(field, 'payment.ch')
  expect(found()).toBeUndefined()
  await userEvent.keyboard('{Enter}')
  expect(found()).toBe('order.payment.choosing')
  await userEvent.fill(field, 'nowhere')
  await userEvent.keyboard('{Enter}')
  expect(said()).toBe('No such state')
  expect(found()).toBeUndefined()
  await userEvent.keyboard('{Escape}')
  expect(frame().matches(':focus')).toBe(true)
  chart.show('delivered')
  expect(isSeen('order.delivered')).toBe(true)
})

it('a chart of 400 states shows first what can be read', async () => {
  chart.machine = nested
  await drawn()
  expect(drawnStates()).toBeLessThan(60)
  chart.machine = wide
  await drawn()
  expect(drawnStates()).toBe(401)
  expect(page.getByRole('status').element().textContent).toContain('Too many states')
  expect(size().own).toBeLessThan(3000)
})

it('a state of a large chart is followed into what is collapsed, and found there', async () => {
  chart.machine = nested
  await drawn()
  chart.show({ area1: { part2: 'step7' } })
  expect(insideOf('large.area1')).toBe('part2.step7')
  await page.getByRole('searchbox').fill('area1.part2.step7')
  await userEvent.keyboard('{Enter}')
  await expect.poll(() => lit()).toContain('large.area1.part2.step7')
  await page.getByRole('button', { name: 'Whole chart' }).click()
  await expect.poll(drawnStates, { timeout: 60_000 }).toBe(346)
})

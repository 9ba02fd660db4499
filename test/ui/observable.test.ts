import { expect, it, vi } from 'vitest'
import { observable } from '../../src/ui/observable.ts'

it('an observable watches once while it has any listeners', () => {
  const stop = vi.fn()
  const watch = vi.fn(() => stop)
  const { subscribe } = observable(0, watch)
  expect(watch).not.toHaveBeenCalled()
  const leaves = [subscribe(() => {}), subscribe(() => {})]
  expect(watch).toHaveBeenCalledTimes(1)
  leaves[0]?.()
  leaves[0]?.()
  expect(stop).not.toHaveBeenCalled()
  leaves[1]?.()
  leaves[1]?.()
  expect(stop).toHaveBeenCalledTimes(1)
  subscribe(() => {})
  expect(watch).toHaveBeenCalledTimes(2)
})

it.each([
  ['a truth', true, true, false],
  ['an object', { count: 1, kept: false }, { count: 1, kept: false }, { count: 1, kept: true }],
  ['nothing, and then an object', null, null, { count: 1 }],
  ['an object, and then nothing', { count: 1 }, { count: 1 }, null],
])(
  'an observable notifies of %s when it changes, and returns the same object until then',
  (_, first, same, other) => {
    const { getState, subscribe, set } = observable<unknown>(first, () => () => {})
    const listener = vi.fn()
    subscribe(listener)
    set(same)
    expect(getState()).toBe(first)
    expect(listener).not.toHaveBeenCalled()
    set(other)
    expect(getState()).toBe(other)
    expect(listener).toHaveBeenCalledTimes(1)
  },
)

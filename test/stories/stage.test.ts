import { expect, it, vi } from 'vitest'
import { Stage } from '../../stories/stage.ts'

/** A play of three steps, with what was done so far. */
function played(stage: Stage) {
  const done: string[] = []
  const over = (async () => {
    for (const step of ['one', 'two', 'three']) await stage.act(step, async () => void done.push(step))
    stage.end()
  })()
  return { done, over }
}
const turn = () => vi.advanceTimersByTimeAsync(0)

it('a play without a pace takes no time, and has no caption', async () => {
  const stage = new Stage()
  stage.begin('instantly')
  const captions: string[] = []
  stage.subscribe(() => captions.push(stage.get().caption))
  await played(stage).over
  expect(captions).toEqual([])
  expect(stage.get().isOver).toBe(false)
})

it('a held play does one step at a time, and goes on when told to', async () => {
  vi.useFakeTimers()
  const stage = new Stage()
  stage.begin('person')
  const { done, over } = played(stage)
  await turn()
  stage.hold()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(done).toEqual(['one'])
  stage.next()
  await vi.advanceTimersByTimeAsync(60_000)
  expect([done, stage.get().caption]).toEqual([['one', 'two'], 'two'])
  stage.play()
  await vi.advanceTimersByTimeAsync(60_000)
  await over
  expect(stage.get()).toEqual({ caption: 'three', isHeld: false, isOver: true })
  vi.useRealTimers()
})

it('a step that is asked for while another one is under way is not lost', async () => {
  vi.useFakeTimers()
  const stage = new Stage()
  stage.begin('slowly')
  const { done } = played(stage)
  stage.next()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(done).toEqual(['one', 'two'])
  vi.useRealTimers()
})

import { readCsf } from 'storybook/internal/csf-tools'
import { expect, it } from 'vitest'
import type { AnyStateNode } from 'xstate'
import { totpMachine } from '../../machines/totp.machine.ts'

/** Where the chart can be: the states that have no others in them, as the chart names them. */
const placesIn = (node: AnyStateNode): string[] => {
  const inner = Object.values(node.states)
  return inner.length > 0 ? inner.flatMap(placesIn) : [node.path.join('.')]
}

it('every state and sub-state of the chart has a story by its name, and no story shows another', async () => {
  const { stories } = (await readCsf('stories/states.stories.tsx', { makeTitle: String })).parse()
  expect(stories.map(({ name }) => name).sort()).toEqual(placesIn(totpMachine.root).sort())
})

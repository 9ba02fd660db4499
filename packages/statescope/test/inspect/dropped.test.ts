import { expect, it } from 'vitest'
import { droppedIn, droppedMessage } from '../../src/inspect/message.ts'

it('how many messages were dropped is read as it was told', () => {
  expect(droppedIn(JSON.parse(JSON.stringify(droppedMessage(7))))).toBe(7)
})

it.each(['-5', '0', '1.5', '1e999', '1e300', '"7"', 'null', '{}'])(
  'a count of %s is no count, so that nobody can turn the numbers of messages back or away',
  (count) => {
    expect(droppedIn(JSON.parse(`{"type":"@statescope.dropped","count":${count}}`))).toBeNull()
  },
)

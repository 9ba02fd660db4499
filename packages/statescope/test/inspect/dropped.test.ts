import { expect, it } from 'vitest'
import { droppedIn, droppedMessage } from '../../src/inspect/message.ts'

it('a message about dropped messages is read as it was sent', () => {
  expect(droppedIn(JSON.parse(JSON.stringify(droppedMessage(7))))).toBe(7)
})

it.each(['-5', '0', '1.5', '1e999', '1e300', '"7"', 'null', '{}'])(
  'a count of %s is ignored, so that no sender can change the numbers of messages',
  (count) => {
    expect(droppedIn(JSON.parse(`{"type":"@statescope.dropped","count":${count}}`))).toBeNull()
  },
)

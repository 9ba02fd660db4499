import type { Meta, StoryObj } from '@storybook/react-vite'
import { within } from 'storybook/test'
import { passwordService } from '../test/support/password-service.ts'
import { Account, AccountWithMfaToken } from './account.tsx'
import { clearLine } from './line.ts'
import { person, played } from './person.ts'
import * as plays from './plays.ts'
import { argTypes, Scene } from './scene.tsx'
import { enrolled, justEnrolled, ready } from './world.ts'

/**
 * What people do, from start to finish, with the real service running in the page. Take over at any time: the phone shows codes
 * and advances the time, and the controls slow down or cut the connection.
 */
const meta = {
  title: 'Flows',
  component: Scene,
  argTypes,
  args: { ...clearLine, show: Account, begin: ready },
} satisfies Meta<typeof Scene>
export default meta
type Story = StoryObj<typeof Scene>

export const enroll: Story = { name: 'Enroll', play: played(plays.enroll) }

export const stepUpAndExport: Story = {
  name: 'Step up and export',
  args: { begin: enrolled },
  play: played(plays.stepUpAndExport),
}

export const wrongCodeThenRight: Story = {
  name: 'Wrong code, then right',
  play: played(plays.wrongCodeThenRight),
}

export const throttled: Story = {
  name: 'Throttled',
  play: played(async (me) => {
    await me.clicks('Set up authenticator app')
    await me.scans()
    for (const nth of [0, 1, 2, 3]) {
      await me.typesWrongCode(nth)
      await me.isIn('awaitingCode.ready')
      await me.sees(/didn’t match/)
    }
    await me.typesWrongCode(4)
    await me.isIn('awaitingCode.throttled')
    await me.waits('30 seconds later')
    await me.isIn('awaitingCode.ready')
    await me.typesCode()
    await me.sees('Authenticator app is on')
  }),
}

export const networkLostAndBack: Story = {
  name: 'Network lost and back',
  play: played(async (me) => {
    await me.clicks('Set up authenticator app')
    await me.scans()
    await me.losesNetwork()
    await me.typesCode()
    await me.sees(/couldn’t reach the server/)
    await me.findsNetwork()
    await me.clicks('Verify')
    await me.sees('Authenticator app is on')
  }),
}

export const expiry: Story = {
  name: 'Expiry',
  args: { begin: enrolled },
  play: played(async (me) => {
    await me.clicks('Change email')
    await me.typesCode()
    await me.sees('The email is changed.')
    await me.isIn('elevated')
    await me.clicks('Change email')
    await me.sees('The email is changed.') // the elevation is still valid
    await me.waits('10 minutes later')
    await me.isIn('idle.ready')
    await me.clicks('Change email')
    await me.sees('Confirm it’s you')
    await me.clicks('Cancel')
    await me.seesNo('You canceled this.')
  }),
}

export const remove: Story = { name: 'Remove', args: { begin: enrolled }, play: played(plays.remove) }

export const deprecatedMfaToken: Story = {
  name: 'Deprecated MFA token',
  args: { begin: enrolled, show: AccountWithMfaToken },
  play: played(async (me) => {
    await me.clicks('Remove by MFA token')
    await me.sees(/deprecated/)
    await me.typesCode()
    await me.sees('No authenticator app yet')
  }),
}

export const lostPhone: Story = {
  name: 'Lost phone, with a recovery code',
  args: { begin: justEnrolled },
  play: played(async (me) => {
    const code = await me.notesRecoveryCode()
    await me.clicks('Copy codes')
    await me.clicks('I have saved these codes')
    await me.clicks('Export private key')
    await me.clicks('Use a recovery code instead')
    await me.typesRecoveryCode(code)
    await me.sees('The key is exported.')
  }),
}

export const twoTabs: Story = {
  name: 'Two tabs of one session',
  args: { tabs: 2 },
  // Two pages in one document have the same landmarks.
  parameters: { a11y: { config: { rules: [{ id: 'landmark-unique', enabled: false }] } } },
  play: played(async (_me, context) => {
    const screen = within(context.canvasElement)
    const inFirst = person(context, await screen.findByRole('region', { name: 'Tab 1' }), 'in tab 1, ')
    const inSecond = person(context, await screen.findByRole('region', { name: 'Tab 2' }), 'in tab 2, ')
    await plays.enroll(inFirst)
    await inSecond.sees('Authenticator app is on')
    await inSecond.waits('30 seconds later')
    await plays.remove(inSecond)
    await inFirst.sees('No authenticator app yet')
  }),
}

export const passwords: Story = {
  name: 'A service that takes passwords',
  args: { service: passwordService },
  play: played(plays.passwords),
}

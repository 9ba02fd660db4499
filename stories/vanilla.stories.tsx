import type { Meta, StoryObj } from '@storybook/react-vite'
import { waitFor } from 'storybook/test'
import { passwordService } from '../test/support/password-service.ts'
import { clearLine } from './line.ts'
import { type Person, person, played } from './person.ts'
import * as plays from './plays.ts'
import { argTypes, Scene } from './scene.tsx'
import { BindingPage, ElementPage } from './without-react.tsx'
import { enrolled, ready } from './world.ts'

/** The same flows without React: `<totp-flow>`, and `bindTotpFlow` with plain HTML. */
const meta = {
  title: 'Vanilla',
  component: Scene,
  argTypes,
  args: { ...clearLine, show: ElementPage, begin: ready },
} satisfies Meta<typeof Scene>
export default meta
type Story = StoryObj<typeof Scene>

/** Plays inside the element and on the page around it. */
const withElement = (play: (inside: Person, outside: Person) => Promise<void>): Story['play'] =>
  played(async (outside, context) => {
    const inside = await waitFor(() => {
      const section = context.canvasElement.querySelector('totp-flow')?.shadowRoot?.querySelector('section')
      if (!section) throw new Error('the element shows nothing yet')
      return section
    })
    await play(person(context, inside), outside)
  })

export const elementEnrolls: Story = { name: '<totp-flow>: enroll', play: withElement(plays.enroll) }

export const elementCorrects: Story = {
  name: '<totp-flow>: wrong code, then right',
  play: withElement(plays.wrongCodeThenRight),
}

export const elementStepsUp: Story = {
  name: '<totp-flow>: step up and export',
  args: { begin: enrolled },
  play: withElement(async (inside, outside) => {
    await inside.sees('Authenticator app is on') // and with it the content of the element
    await outside.clicks('Export private key')
    await inside.sees('Confirm it’s you')
    await inside.typesCode()
    await outside.sees('The key is exported.')
  }),
}

export const elementRemoves: Story = {
  name: '<totp-flow>: remove',
  args: { begin: enrolled },
  play: withElement(plays.remove),
}

export const elementTakesPasswords: Story = {
  name: '<totp-flow>: a service that takes passwords',
  args: { service: passwordService },
  play: withElement(plays.passwords),
}

export const bindingEnrolls: Story = {
  name: 'bindTotpFlow: enroll',
  args: { show: BindingPage },
  play: played(plays.enroll),
}

export const bindingCorrects: Story = {
  name: 'bindTotpFlow: wrong code, then right',
  args: { show: BindingPage },
  play: played(plays.wrongCodeThenRight),
}

export const bindingStepsUp: Story = {
  name: 'bindTotpFlow: step up and export',
  args: { show: BindingPage, begin: enrolled },
  play: played(plays.stepUpAndExport),
}

export const bindingRemoves: Story = {
  name: 'bindTotpFlow: remove',
  args: { show: BindingPage, begin: enrolled },
  play: played(plays.remove),
}

export const bindingTakesPasswords: Story = {
  name: 'bindTotpFlow: a service that takes passwords',
  args: { show: BindingPage, service: passwordService },
  play: played(plays.passwords),
}

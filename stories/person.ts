import { expect, userEvent, waitFor, within } from 'storybook/test'
import { authenticator } from 'totp-flow/testing'
import { PASSWORD } from '../test/support/password-service.ts'
import { isPace, stage } from './stage.ts'

/** The person who plays a story. Finds things on the screen by their names. Every act is a named step. */
export type Person = ReturnType<typeof person>

/** More characters than a person types. */
const LONGEST = 1000

/** What a play needs of its story. */
interface Context {
  canvasElement: HTMLElement
  globals: Readonly<Record<string, unknown>>
  step(label: string, play: () => Promise<void>): Promise<void> | void
}

/** Plays a story from start to finish, at the toolbar's pace. */
export const played =
  (play: (me: Person, context: Context) => Promise<void>) =>
  async (context: Context): Promise<void> => {
    const { pace } = context.globals
    stage.begin(isPace(pace) ? pace : 'instantly')
    await play(person(context), context)
    stage.end()
  }

/** Acts on a part of the screen, by default on all of it, and on the phone next to it. */
export function person({ canvasElement, step }: Context, screen: HTMLElement = canvasElement, where = '') {
  const page = within(screen)
  const phone = within(screen.ownerDocument.body)
  const seen = (text: string | RegExp) =>
    page.queryAllByText(text).find((one) => one.checkVisibility({ visibilityProperty: true }))

  const acts = (what: string, act: () => Promise<unknown>) =>
    step(where + what, () => stage.act(where + what, act))
  async function click(element: HTMLElement) {
    await stage.pointAt(element)
    await userEvent.click(element)
  }
  const types = (what: string, label: string, text: () => string) =>
    acts(what, async () => fill(await page.findByRole<HTMLInputElement>('textbox', { name: label }), text))
  async function fill(field: HTMLInputElement, text: () => string) {
    // Replaces the text in the field: within a shadow root, `clear` finds no focus, and the page does not notice an emptied
    // field.
    await userEvent.type(field, `${text()}{Enter}`, {
      delay: stage.key,
      initialSelectionStart: 0,
      initialSelectionEnd: LONGEST,
    })
  }
  const onPhone = (what: string, role: 'button' | 'checkbox', name: string) =>
    acts(what, () => click(phone.getByRole(role, { name })))

  return {
    clicks: (name: string) =>
      acts(`clicks “${name}”`, async () => {
        const button = await page.findByRole('button', { name })
        await waitFor(() => expect(button).not.toHaveAttribute('aria-disabled', 'true'))
        await click(button)
      }),
    sees: (text: string | RegExp) =>
      acts(`sees “${text instanceof RegExp ? text.source : text}”`, () =>
        waitFor(() => {
          const found = seen(text)
          if (!found) throw new Error(`“${text}” is not on the screen.`)
          return expect(found).toBeVisible()
        }),
      ),
    seesNo: (text: string) =>
      acts(`no longer sees “${text}”`, () =>
        waitFor(() => {
          if (seen(text)) throw new Error(`“${text}” is still on the screen.`)
        }),
      ),
    typesRecoveryCode: (code: string) => types('types a recovery code', 'Recovery code', () => code),
    typesPassword: (password = PASSWORD) =>
      acts(password === PASSWORD ? 'types the password' : 'types a wrong password', async () => {
        const field = await waitFor(() => {
          const shown = page
            .queryAllByLabelText<HTMLInputElement>('Password')
            .find((one) => one.checkVisibility() && !one.readOnly)
          if (!shown) throw new Error('No password is asked for.')
          return shown
        })
        await fill(field, () => password)
      }),
    typesCode: () =>
      types(
        'types the code from the phone',
        '6-digit code',
        () => phone.getByLabelText('Code on the phone').textContent ?? '',
      ),
    /** A code that the app shows at no time near now, while it is being set up. Another one for each `nth`. */
    typesWrongCode: (nth = 0) =>
      types('types a wrong code', '6-digit code', () =>
        authenticator(page.getByLabelText('Setup key').textContent ?? '').wrongCode(nth),
      ),
    /** Points the phone at the QR code. */
    scans: () =>
      acts('scans the QR code with the phone', async () => {
        await page.findByRole('img', { name: 'QR code' })
        await click(phone.getByRole('button', { name: 'Scan' }))
      }),
    waits: (how: '30 seconds later' | '10 minutes later') => onPhone(`waits: ${how}`, 'button', how),
    losesNetwork: () => onPhone('loses the network', 'checkbox', 'Network'),
    findsNetwork: () => onPhone('finds the network again', 'checkbox', 'Network'),
    /** Notes the first recovery code on screen. */
    async notesRecoveryCode() {
      let noted = ''
      await acts('notes a recovery code', async () => {
        const list = await page.findByRole('list', { name: 'Recovery codes' })
        noted = within(list).getAllByRole('listitem')[0]?.textContent ?? ''
      })
      return noted
    },
    /** Checks the chart's current state. */
    isIn: (state: string) =>
      acts(`the chart is in ${state}`, () =>
        waitFor(() => expect(phone.getAllByLabelText('State')[0]).toHaveTextContent(state)),
      ),
  }
}

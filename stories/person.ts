import { expect, userEvent, waitFor, within } from 'storybook/test'
import { authenticator } from 'totp-flow/testing'

/** Who plays a story: finds things on the screen by what they are called. */
export type Person = ReturnType<typeof person>

/** Looks at a part of the screen; the phone lies beside it. */
export function person(screen: HTMLElement) {
  const page = within(screen)
  const phone = within(screen.ownerDocument.body)
  const seen = (text: string | RegExp) => page.queryAllByText(text).filter((one) => one.checkVisibility())
  const click = userEvent.click

  async function types(label: string, text: string) {
    const field = await page.findByRole<HTMLInputElement>('textbox', { name: label })
    // In the place of what stands there; `clear` finds no focus within a shadow root.
    await userEvent.type(field, text, {
      initialSelectionStart: 0,
      initialSelectionEnd: field.value.length,
    })
  }

  return {
    clicks: async (name: string) => click(await page.findByRole('button', { name })),
    sees: (text: string | RegExp) => waitFor(() => expect(seen(text)).not.toEqual([])),
    seesNo: (text: string) => waitFor(() => expect(seen(text)).toEqual([])),
    types,
    /** What the phone shows. */
    typesCode: () => types('6-digit code', phone.getByLabelText('Code on the phone').textContent ?? ''),
    /** Digits that the app shows at no time near now, while it is being set up; others for every `nth`. */
    typesWrongCode: (nth = 0) =>
      types('6-digit code', authenticator(page.getByLabelText('Setup key').textContent ?? '').wrongCode(nth)),
    /** Points the phone at the picture. */
    async scans() {
      await page.findByRole('img', { name: 'QR code' })
      await click(phone.getByRole('button', { name: 'Scan' }))
    },
    waits: (how: '30 seconds later' | '10 minutes later') => click(phone.getByRole('button', { name: how })),
    losesOrFindsNetwork: () => click(phone.getByRole('checkbox', { name: 'Network' })),
    /** The first of the recovery codes on screen. */
    async notesRecoveryCode() {
      const list = await page.findByRole('list', { name: 'Recovery codes' })
      return within(list).getAllByRole('listitem')[0]?.textContent ?? ''
    },
    /** Asks where the chart is. */
    isIn: (state: string) =>
      waitFor(() => expect(phone.getAllByLabelText('State')[0]).toHaveTextContent(state)),
  }
}

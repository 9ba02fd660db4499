/** What a person does on the page of every provider, with a real authenticator. */
import type { Page } from 'playwright'
import { button, codeField, scan, wrongCode } from '../e2e/demo-page.ts'
import { oathtool } from './tools.ts'

interface Account {
  email: string
  password: string
}

/** `here` is filled before the first test. */
export function personOn(here: { page: Page; origin: string }, { email, password }: Account) {
  let secret = ''
  const person = {
    said: (text: string) => here.page.getByText(text).filter({ visible: true }).first().waitFor(),
    /** What the authenticator shows; `ahead`: so many seconds from now. */
    code: (ahead = 0) => oathtool(secret, ahead),
    async signIn(by = 'Sign in') {
      const form = here.page.locator('#sign-in')
      await form.getByLabel('Email').fill(email)
      await form.getByLabel('Password').fill(password)
      await button(here.page, by).click()
    },
    /** Up to the question for the code. */
    async signInAgain() {
      await button(here.page, 'Sign out').click()
      await person.said('Signed out')
      await person.signIn()
      await codeField(here.page).waitFor()
    },
    typeWrongCode: async () => {
      await codeField(here.page).fill(wrongCode(secret))
      await person.said('That code didn’t match')
    },
    /** From the QR code on the screen, through a reload and a wrong code. */
    async scanAndEnterCode(picture: string) {
      ;({ secret } = await scan(here.page, picture))
      await here.page.reload()
      await person.said('Welcome')
      await person.typeWrongCode()
      await codeField(here.page).fill(person.code())
      await person.said('Authenticator app is on')
    },
    /** The code that a sign-in owes: a wrong one, a reload, the right one. The app is not shown before. */
    async enterOwedCode() {
      if (await here.page.getByText('Welcome').isVisible()) throw new Error('The gate is open.')
      await person.typeWrongCode()
      await here.page.reload()
      await codeField(here.page).fill(person.code())
      await person.said('Welcome')
      await person.said('Authenticator app is on')
    },
  }
  return person
}

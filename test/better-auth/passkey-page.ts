/** The page of passkeys.chromium.test.ts: an app's client, and the backend over it. */
import { passkeyClient } from '@better-auth/passkey/client'
import { createAuthClient } from 'better-auth/client'
import { twoFactorClient } from 'better-auth/client/plugins'
import { createTotpFlow } from 'totp-flow'
import { betterAuthBackend } from 'totp-flow/better-auth'

const authClient = createAuthClient({ plugins: [twoFactorClient(), passkeyClient()] })
const backend = betterAuthBackend(authClient, { passkeys: true })
const codeOf = (error: unknown) => Object(error).code

/** What the test does in the page. */
const page = {
  signUp: (email: string) =>
    authClient.signUp.email({ email, password: 'correct horse battery', name: email }),
  register: (alias: string) => backend.registerPasskey?.({ alias }).then(() => 'added', codeOf),
  list: async () => (await backend.getPasskeys?.())?.map(({ alias }) => alias),
  authenticate: () => backend.authenticatePasskeyMFA?.({}).then(() => 'verified', codeOf),
  whoIsIn: async () => (await authClient.getSession()).data?.user.email,
  /** A step-up that is canceled as soon as the browser asks for the passkey. */
  async cancelWhileAsked() {
    const get = navigator.credentials.get.bind(navigator.credentials)
    const isAsked = new Promise<void>((resolve) => {
      navigator.credentials.get = (options) => {
        resolve()
        return get(options)
      }
    })
    const flow = createTotpFlow({ backend })
    await flow.settled()
    flow.stepUp(['wallet:export'])
    flow.submitPasskey()
    await isAsked
    flow.cancel()
    const { state, error } = await flow.settled()
    return { state, error: error?.code ?? null }
  },
}
export type TestPage = typeof page
Object.assign(globalThis, { testPage: page })

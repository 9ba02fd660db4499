import { DatabaseSync } from 'node:sqlite'
import { passkey } from '@better-auth/passkey'
import { betterAuth } from 'better-auth'
import { twoFactor } from 'better-auth/plugins'

export const auth = betterAuth({
  appName: 'Example', // what authenticator apps show
  database: new DatabaseSync(process.env.DATABASE_FILE ?? ':memory:'),
  emailAndPassword: { enabled: true },
  plugins: [
    twoFactor({ allowPasswordless: true }), // for users without a password, too
    passkey(), // for this origin; behind a proxy, say `rpID` and `origin`
  ],
})

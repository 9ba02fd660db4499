/** Compiled by `tsc -p tsconfig.providers.json`, and not run. */
import { passkeyClient } from '@better-auth/passkey/client'
import { createAuthClient } from 'better-auth/client'
import { inferAdditionalFields, twoFactorClient } from 'better-auth/client/plugins'
import { createAuthClient as createReactClient } from 'better-auth/react'
import { betterAuthBackend } from 'totp-flow/better-auth'

betterAuthBackend(createAuthClient({ plugins: [twoFactorClient()] }))
betterAuthBackend(createReactClient({ plugins: [twoFactorClient()] }))
betterAuthBackend(
  createAuthClient({
    plugins: [twoFactorClient(), inferAdditionalFields({ user: { role: { type: 'string' } } })],
  }),
)

betterAuthBackend(createAuthClient({ plugins: [twoFactorClient(), passkeyClient()] }), { passkeys: true })

// @ts-expect-error: this client lacks the plugin
betterAuthBackend(createAuthClient())

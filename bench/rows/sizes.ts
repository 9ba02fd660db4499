import { rmSync, writeFileSync } from 'node:fs'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'vite'

/** What an app would write to get a thing. */
const ours = {
  machine: `export { totpMachine } from '../machines/index.ts'; export { createActor } from 'xstate'`,
  core: `export * from '../src/index.ts'`,
  hooks: `export { TotpFlowProvider, useAuthenticateTotpMfaDevice, useDeleteMfaDevice, useGetMfaDevices, useRegisterTotpMfaDevice, useStepUp, useTotpFlow } from '../src/react/index.ts'; export { createTotpFlow } from '../src/index.ts'`,
  components: `export * from '../src/react/index.ts'; export { createTotpFlow } from '../src/index.ts'`,
  vanilla: `export * from '../src/vanilla/index.ts'; export { createTotpFlow } from '../src/index.ts'`,
  client: `export * from '../src/client/index.ts'`,
  xstate: `export { assign, createActor, enqueueActions, fromPromise, setup, waitFor } from 'xstate'`,
  xstateReact: `export * from '@xstate/react'; export { assign, createActor, enqueueActions, fromPromise, setup, waitFor } from 'xstate'`,
}
const theirs = {
  betterAuth: `import { createAuthClient } from 'better-auth/client'; import { twoFactorClient } from 'better-auth/client/plugins'; export const client = createAuthClient({ plugins: [twoFactorClient()] })`,
  supabase: `export { AuthClient } from '@supabase/auth-js'`,
  amplify: `export { Authenticator } from '@aws-amplify/ui-react'`,
  dynamic: `export { authenticateTotpMfaDevice, deleteMfaDevice, getMfaDevices, registerTotpMfaDevice } from '@dynamic-labs-sdk/client'`,
  uqr: `export { encode } from 'uqr'`,
  qrcodeReact: `export { QRCodeSVG } from 'qrcode.react'`,
  inputOtp: `export { OTPInput } from 'input-otp'`,
}
const entries = { ...ours, ...theirs }
export type Sized = keyof typeof entries

/** Kilobytes of brotli that each takes in a page, minified, without React. */
export async function sizes(): Promise<Record<Sized, number>> {
  const found = Object.fromEntries(Object.keys(entries).map((name) => [name, Number.NaN])) as Record<
    Sized,
    number
  >
  process.env.NODE_ENV = 'production' // Vite goes by it before all else
  for (const name of Object.keys(entries) as Sized[]) {
    // Beside the packages that it takes: peers are installed in bench/peers/ alone.
    const file = new URL(`../${name in theirs ? 'peers/' : ''}.entry.js`, import.meta.url).pathname
    writeFileSync(file, entries[name])
    found[name] = await kilobytes(file)
    rmSync(file)
  }
  return found
}

async function kilobytes(entry: string): Promise<number> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: true,
      rollupOptions: {
        input: entry,
        external: /^react(-dom)?($|\/)/,
        preserveEntrySignatures: 'strict', // what the file exports is what is wanted, as an app would import it
        output: { codeSplitting: false },
      },
    },
  })
  const outputs = Array.isArray(built) ? built : [built]
  const code = outputs
    .flatMap((output) => ('output' in output ? output.output : []))
    .map((chunk) => (chunk.type === 'chunk' ? chunk.code : ''))
    .join('')
  return brotliCompressSync(code).length / 1000
}

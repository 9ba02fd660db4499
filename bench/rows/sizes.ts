import { rmSync, writeFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'vite'

/** The code that an app would write to use each entry. */
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

/** The size of each in a page, minified, in kilobytes of brotli, without React. */
export async function sizes(): Promise<Record<Sized, number>> {
  const found = Object.fromEntries(Object.keys(entries).map((name) => [name, Number.NaN])) as Record<
    Sized,
    number
  >
  for (const name of Object.keys(entries) as Sized[]) found[name] = kilobytes((await bundled(name)).code)
  return found
}

/** The part that each file of an entry belongs to: the first that occurs in its path. */
const parts = {
  XState: '/xstate/',
  'the QR code': '/uqr/',
  'the chart': '/machines/',
  'the contract and its errors': '/src/contract/',
  'the flow': '/src/flow/',
  'the words': '/src/messages/',
  'what React and plain HTML share': '/src/ui/',
  React: '/src/react/',
}
export type Part = keyof typeof parts
export type Profile = ReadonlyMap<Part, number>

/**
 * The kilobytes that an entry would lose without each part. They add up to less than the whole, since text that two parts repeat is
 * compressed once and lost with neither.
 */
export async function profileOf(name: Sized): Promise<Profile> {
  const { code, map } = await bundled(name)
  const sources = new SourceMap({ ...map, sourceRoot: '' })
  let part: string | undefined
  const partOf = code.split('\n').map((line, row) =>
    Array.from({ length: line.length + 1 }, (_, column) => {
      const entry = sources.findEntry(row, column)
      const source = 'originalSource' in entry ? entry.originalSource : undefined
      part = Object.entries(parts).find(([, path]) => source?.includes(path))?.[0] ?? part
      return part
    }),
  )
  const owners = partOf.flat()
  const without = (left: Part) =>
    code
      .split('')
      .filter((_, at) => owners[at] !== left)
      .join('')
  const whole = kilobytes(code)
  return new Map(
    (Object.keys(parts) as Part[])
      .filter((each) => owners.includes(each))
      .map((each) => [each, whole - kilobytes(without(each))]),
  )
}

const kilobytes = (code: string) => brotliCompressSync(code).length / 1000

/** Everything that an entry loads, in one file. */
async function bundled(name: Sized) {
  process.env.NODE_ENV = 'production' // it takes precedence in Vite
  // Next to its packages: peers are installed only in bench/peers/.
  const input = new URL(`../${name in theirs ? 'peers/' : ''}.entry.js`, import.meta.url).pathname
  writeFileSync(input, entries[name])
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: true,
      sourcemap: 'hidden',
      rollupOptions: {
        input,
        external: /^react(-dom)?($|\/)/,
        preserveEntrySignatures: 'strict', // keep the file's exports, as an app would import them
        output: { codeSplitting: false },
      },
    },
  }).finally(() => rmSync(input))
  for (const { output } of [built].flat().filter((one) => 'output' in one))
    for (const file of output)
      if (file.type === 'chunk' && file.map) return { code: file.code, map: file.map }
  throw new Error(`${name} came out empty`)
}

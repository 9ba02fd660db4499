/** `npm start`: runs the server, a SQLite file and the page in one process. */
import { createTotpServer } from 'totp-flow/server'
import {
  developmentOnly,
  developmentProblem,
  isSealed,
  listen,
  loadMasterKey,
  openStore,
  reasonOf,
  StartError,
} from 'totp-flow/server/node'
import { passkeys } from 'totp-flow/server/passkeys'
import { createIdentityProvider } from './identity-provider.ts'
import { buildPage } from './page.ts'
import { createDemo } from './routes.ts'

function cannotBeUsed(cause: unknown): never {
  throw new StartError(
    `The database cannot be used (${reasonOf(cause)}). Check DATABASE_URL and TOTP_FLOW_MASTER_KEY.`,
    { cause },
  )
}

/** An empty variable is a mistake: using the default would open another database. */
function given(name: string): string | undefined {
  const value = process.env[name]
  if (value?.trim() === '') throw new StartError(`${name} is empty. Give it a value, or unset it.`)
  return value
}

async function main() {
  const port = portFrom(given('PORT') ?? '4380')
  const hostname = given('HOST') ?? '127.0.0.1'
  const problem = await developmentProblem({ hostname })
  if (problem) throw new StartError(`The demo signs anyone in. ${problem}`)
  const { store, keyFile } = await openStore(given('DATABASE_URL') ?? 'sqlite:./data/totp-flow.db')
  const { keys, current: masterKey } = loadMasterKey({
    env: process.env.TOTP_FLOW_MASTER_KEY,
    file: keyFile,
    note: (line) => console.log(line),
    make: !(await isSealed(store).catch(cannotBeUsed)),
  })
  const provider = createIdentityProvider(masterKey)
  const ready = Promise.withResolvers<ReturnType<typeof createDemo>>()
  // First, since with port 0 only this tells the origin of passkeys.
  const listening = await listen({
    fetch: developmentOnly(async (request) => (await ready.promise)(request)),
    port,
    hostname,
  })
  const totp = createTotpServer({
    store,
    issuer: 'totp-flow demo',
    masterKey: keys,
    environmentId: 'demo',
    identity: provider.identity,
    ...passkeysAt(listening.url),
    onEvent(event) {
      if (event.type === 'failed') console.error(`A call failed on our side: ${event.reason}`)
    },
  })
  const [page] = await Promise.all([buildPage(), totp.ready().catch(cannotBeUsed)])
  ready.resolve(createDemo({ totp, provider, page, masterKey }))
  console.log(`totp-flow demo: ${listening.url}`)

  const stop = async () => {
    await listening.close()
    await totp.close()
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}

/** Browsers bind passkeys to a host name, which an IP address is not. */
function passkeysAt(origin: string) {
  const rpId = new URL(origin).hostname
  return rpId === 'localhost'
    ? { passkeys: passkeys({ rpId, rpName: 'totp-flow demo', origins: [origin] }) }
    : {}
}

function portFrom(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port < 65_536) return port
  throw new StartError('PORT must be a number from 0 to 65535. Correct it, or leave it out.')
}

main().catch((error: unknown) => {
  console.error(error instanceof StartError ? error.message : error)
  process.exit(1)
})

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { checkExchange } from './openapi.ts'

/** The command as it is here, by a runtime that is named with its options. */
export const commandFromSource = (...runtime: readonly string[]): readonly string[] => [
  ...runtime,
  '--conditions=totp-flow-source',
  new URL('../../src/cli.ts', import.meta.url).pathname,
]
const FROM_SOURCE = commandFromSource(process.execPath)

/** `totp-flow` in a process of its own. */
function runCli(
  args: readonly string[],
  env: Record<string, string> = {},
  cwd?: string,
  [program = '', ...first] = FROM_SOURCE,
) {
  const child = spawn(program, [...first, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd && { cwd }),
  })
  const said = { out: '', err: '' }
  child.stdout?.on('data', (chunk) => {
    said.out += chunk
  })
  child.stderr?.on('data', (chunk) => {
    said.err += chunk
  })
  return { child, said, done: exitOf(child) }
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  const [code] = await once(child, 'close')
  return code
}

/** Runs a command to its end. */
export async function cli(
  args: readonly string[],
  env: Record<string, string> = {},
  cwd?: string,
  command = FROM_SOURCE,
) {
  const { said, done } = runCli(args, env, cwd, command)
  const code = await done
  return { code, out: said.out, err: said.err }
}

// biome-ignore lint/suspicious/noExplicitAny: answers are read field by field in assertions
type Answer = { status: number; headers: Headers; body: any }

export interface ServerProcess {
  /** Before any path of the API. */
  api: string
  origin: string
  child: ChildProcess
  said: { out: string; err: string }
  /** Signs a user in by the development stand-in; answers the session's token. */
  signIn(account: string): Promise<string>
  call(
    method: string,
    path: string,
    options?: { token?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<Answer>
  /** Ends it, and resolves to its exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

/**
 * `totp-flow serve` on a free port, on loopback, with the development identity unless another one is given, and without a
 * limit by address. `bare` gives it nothing but a port where `env` has none.
 */
export async function startServer(
  env: Record<string, string>,
  args: readonly string[] = [],
  cwd?: string,
  { bare = false, command = FROM_SOURCE } = {},
): Promise<ServerProcess> {
  const hasIdentity = [...args, ...Object.keys(env)].some((word) => /identity/i.test(word))
  const identity = hasIdentity ? [] : ['--development-identity']
  const given = bare ? [] : ['--address-limit', '1000000', ...identity]
  const { child, said, done } = runCli(['serve', ...given, ...args], { PORT: '0', ...env }, cwd, command)
  const api = await new Promise<string>((resolve, reject) => {
    child.stderr?.on('data', () => {
      const found = /totp-flow: (http\S+)/.exec(said.err)?.[1]
      if (found && / identity: | users sign in with /.test(said.err))
        resolve(found.replace('localhost', '127.0.0.1'))
    })
    done.then(() => reject(new Error(`the server did not start: ${said.err}`)))
  })
  const { origin } = new URL(api)
  const call: ServerProcess['call'] = async (method, path, { token, body, headers } = {}) => {
    const response = await fetch(path.startsWith('/development') ? `${origin}${path}` : `${api}${path}`, {
      method,
      // A connection that is used again may be closed by the server at that very moment.
      headers: { connection: 'close', ...(token && { authorization: `Bearer ${token}` }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const answer = {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    }
    if (!path.startsWith('/development')) checkExchange({ method, route: path, sent: body, ...answer })
    return answer
  }
  return {
    api,
    origin,
    child,
    said,
    call,
    async signIn(account) {
      const { body } = await call('POST', '/development/sign-in', { body: { account } })
      const signedIn = await call('POST', '/externalAuth/signin', { body: { jwt: body.jwt } })
      if (signedIn.status !== 200) throw new Error(`could not sign in: ${JSON.stringify(signedIn.body)}`)
      return signedIn.body.minifiedJwt
    },
    end(signal = 'SIGTERM') {
      child.kill(signal)
      return done
    },
  }
}

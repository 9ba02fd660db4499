import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Engine, pointAt, pressAt, sourceOf, type Tab, typing } from './tab.ts'

/** NS_BINDING_ABORTED: a page was left while a font of it was loading. */
const ABORTED = 'status=2152398850'

/** Firefox speaks WebDriver BiDi by itself: https://w3c.github.io/webdriver-bidi/ */
export async function startFirefox(program = 'firefox-esr'): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), 'totp-flow-firefox-'))
  const preferences = { 'browser.download.folderList': 2, 'browser.download.dir': folder }
  const lines = Object.entries(preferences).map(
    ([name, value]) => `user_pref(${[name, value].map((one) => JSON.stringify(one))});`,
  )
  writeFileSync(join(folder, 'user.js'), lines.join('\n'))
  const args = ['--headless', '--no-remote', '--profile', folder, '--remote-debugging-port', '0']
  const firefox = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const address = await new Promise<string>((resolve, reject) => {
    let said = ''
    firefox.stderr.on('data', (data) => {
      said += data
      const [, found] = /WebDriver BiDi listening on (\S+)/.exec(said) ?? []
      if (found) resolve(found)
    })
    firefox.once('error', reject)
    firefox.once('exit', () => reject(new Error(`Firefox did not start: ${said}`)))
  })
  const { call, listen, end } = await connect(`${address}/session`)
  await call('session.new', { capabilities: {} })
  await call('session.subscribe', { events: ['log.entryAdded'] })
  await call('script.addPreloadScript', { functionDeclaration: String(tellRefusals) })
  let pictures = 0

  async function open(): Promise<Tab> {
    const { userContext } = await call('browser.createUserContext', {})
    const { context } = await call('browsingContext.create', { type: 'tab', userContext })
    const said: string[] = []
    const silence = listen(({ method, params }) => {
      const isOurs = method === 'log.entryAdded' && params?.source?.context === context
      const text = String(params?.text)
      if (isOurs && params.level === 'error' && !text.includes(ABORTED)) said.push(text)
    })
    const perform = (actions: unknown) => call('input.performActions', { context, actions })
    return {
      go: (url) => call('browsingContext.navigate', { context, url, wait: 'complete' }),
      async run(script, ...given) {
        const expression = sourceOf(script, given)
        const target = { context }
        const { result, exceptionDetails } = await call('script.evaluate', {
          expression,
          target,
          awaitPromise: false,
        })
        if (exceptionDetails) throw new Error(exceptionDetails.text)
        return JSON.parse(result.value)
      },
      point: (x, y) => perform(pointAt(x, y)),
      press: (x, y) => perform(pressAt(x, y)),
      type: (keys) => perform(typing(keys)),
      async picture() {
        const { data } = await call('browsingContext.captureScreenshot', { context })
        const path = join(folder, `${pictures++}.png`)
        writeFileSync(path, data, 'base64')
        return path
      },
      complaints: () => said,
      async close() {
        silence()
        await call('browser.removeUserContext', { userContext })
      },
    }
  }

  return {
    open,
    async close() {
      end()
      firefox.removeAllListeners('exit')
      firefox.kill()
      await once(firefox, 'exit')
      rmSync(folder, { recursive: true, maxRetries: 5 })
    },
  }
}

/** Firefox keeps from its log what a policy refuses. */
function tellRefusals() {
  addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
    console.error(`refused by ${effectiveDirective}: ${blockedURI}`),
  )
}

// biome-ignore lint/suspicious/noExplicitAny: what a browser answers is an edge
type Message = any

async function connect(address: string) {
  const socket = new WebSocket(address)
  await once(socket, 'open')
  let calls = 0
  const waiting = new Map<number, (message: Message) => void>()
  const listeners = new Set<(message: Message) => void>()
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(data)
    waiting.get(message.id)?.(message)
    waiting.delete(message.id)
    if (message.type === 'event') for (const listener of listeners) listener(message)
  })
  return {
    async call(method: string, params: object): Promise<Message> {
      const id = ++calls
      const answer = new Promise<Message>((resolve) => waiting.set(id, resolve))
      socket.send(JSON.stringify({ id, method, params }))
      const { type, error, message, result } = await answer
      if (type === 'error') throw new Error(`${method}: ${error}: ${message}`)
      return result
    },
    listen(listener: (message: Message) => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    end: () => socket.close(),
  }
}

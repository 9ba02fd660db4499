import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { CallOptions, TotpBackend } from '../../src/contract/backend.ts'
import type { TabChannel } from '../../src/flow/tabs.ts'
import { type LiveFlow, liveFlow } from './live-flow.ts'
import { ModelServer } from './model-server.ts'
import { RIGHT_CODE } from './scripted-backend.ts'

const SCOPE = 'wallet:export'

/**
 * Requests reach the server and answers reach the tab when the scheduler says, in any order among all tabs; those of one
 * tab arrive in the order in which they were sent. (One that is overtaken after it was left is seen at the next look only.)
 */
function backendOn(server: ModelServer, scheduler: fc.Scheduler, now: () => number): TotpBackend {
  let sent: Promise<unknown> = Promise.resolve()
  const carried = async <T>(name: string, signal: AbortSignal | undefined, serve: () => T): Promise<T> => {
    sent = sent.then(() => scheduler.schedule(Promise.resolve(), `${name} arrives`))
    await sent
    const served = attempt(serve)
    await scheduler.schedule(Promise.resolve(), `${name} is answered${signal?.aborted ? ', late' : ''}`)
    return served()
  }
  return {
    getMfaDevices: (o?: CallOptions) => carried('getMfaDevices', o?.signal, () => server.getMfaDevices()),
    registerTotpMfaDevice: (o) => carried('register', o?.signal, () => server.registerTotpMfaDevice()),
    authenticateTotpMfaDevice: (params, o) =>
      carried('authenticate', o?.signal, () => server.authenticateTotpMfaDevice(params, now())),
    deleteMfaDevice: (params, o) => carried('delete', o?.signal, () => server.deleteMfaDevice(params)),
  }
}

function attempt<T>(serve: () => T): () => T {
  try {
    const value = serve()
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}

/** Channels between tabs, whose news arrives when the scheduler says, in the order in which it was sent. */
function channelsOn(scheduler: fc.Scheduler, count: number): TabChannel[] {
  const channels: TabChannel[] = Array.from({ length: count }, () => {
    let sent = Promise.resolve()
    const channel: TabChannel = {
      onmessage: null,
      postMessage(data) {
        sent = sent
          .then(() => scheduler.schedule(Promise.resolve(), `news: ${data}`))
          .then(() => {
            for (const other of channels)
              if (other !== channel) other.onmessage?.(new MessageEvent('message', { data }))
          })
      },
      close() {},
    }
    return channel
  })
  return channels
}

/** What a person does in a tab. Whatever a tab hands out must be a right that the server gave and that nobody used. */
const verbs = {
  register: ({ flow }: LiveFlow) => flow.register(),
  typeRightCode: ({ flow }: LiveFlow) => flow.submitCode(RIGHT_CODE),
  typeWrongCode: ({ flow }: LiveFlow) => flow.submitCode('000000'),
  stepUp: ({ flow }: LiveFlow) => flow.stepUp([SCOPE]),
  stepUpForMfaToken: ({ flow }: LiveFlow) => flow.stepUp([], { createMfaTokenOptions: { singleUse: true } }),
  remove: ({ flow }: LiveFlow) => flow.deleteDevice(),
  cancel: ({ flow }: LiveFlow) => flow.cancel(),
  release: ({ flow }: LiveFlow) => flow.release(),
  useElevation({ flow }: LiveFlow, server: ModelServer) {
    const token = flow.takeElevatedToken(SCOPE)
    if (token === null) return
    expect(server.mayUse(token, SCOPE)).toBe(true)
    server.consumeToken(token)
  },
  useMfaToken({ flow }: LiveFlow, server: ModelServer) {
    const token = flow.consumeMfaToken()
    if (token === null) return
    expect(server.mayUse(token, 'credential:unlink')).toBe(true)
    server.consumeToken(token)
  },
} satisfies Record<string, (live: LiveFlow, server: ModelServer) => void>

const commands = fc.array(
  fc
    .tuple(fc.nat(1), fc.constantFrom(...Object.entries(verbs)))
    .map(([tab, [name, verb]]) => ({ tab, name, verb })),
  { maxLength: 25 },
)

it('tabs of one user agree with the server, and hold only what it gave, however their calls interleave', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), commands, async (scheduler, all) => {
      const server = new ModelServer()
      const channels = channelsOn(scheduler, 2)
      const tabs = channels.map((channel) => {
        const live: LiveFlow = liveFlow({
          backend: backendOn(server, scheduler, () => live.clock.now()),
          tabs: channel,
        })
        return live
      })
      scheduler.scheduleSequence(
        all.map(({ tab, name, verb }) => ({
          label: `${name} in tab ${tab}`,
          builder: async () => {
            const live = tabs[tab]
            if (live) verb(live, server)
          },
        })),
      )
      await scheduler.waitIdle()

      for (const { flow } of tabs) {
        expect(flow.getView().busy).toBe(false) // all was answered
        flow.cancel()
        await scheduler.waitIdle()
        const isOn = flow.getView().device?.verified === true
        expect(isOn).toBe(server.device?.verified === true)
      }
      const [report] = tabs.filter(({ broken }) => broken.length > 0).map((tab) => tab.report())
      if (report) throw new Error(report)
      for (const { flow, clock } of tabs) {
        flow.stop()
        expect(clock.pending).toBe(0)
      }
    }),
    { numRuns: 5_000 },
  )
}, 300_000)

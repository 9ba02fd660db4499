import type { Inspector } from 'statescope'
import { inspect as panel } from 'statescope/storybook'
import { createTotpFlow, type Gate, type TotpBackend, type TotpFlow } from 'totp-flow'
import { memoryBackend, type SimulatedPasskeys } from 'totp-flow/memory'
import { type ManagedPasskeys, managePasskeys } from 'totp-flow/passkeys'
import { type Authenticator, authenticator, TestClock } from 'totp-flow/testing'
import { clearLine, type Line, overLine } from './line.ts'
import { stage } from './stage.ts'

/** Everything that a story uses: the real service in the page, the flows of its tabs, and a phone. */
export interface World {
  flow: TotpFlow
  flows: readonly TotpFlow[]
  /** The first flow's passkeys, if the service takes them. */
  passkeys: ManagedPasskeys | undefined
  phone: {
    /** Whether a tab shows a QR code. */
    canScan(): boolean
    scan(): void
    /** The code on the phone; empty before it has scanned. */
    code(): string
  }
  network: {
    isUp(): boolean
    turn(up: boolean): void
  }
  /** Advances the time. */
  later(milliseconds: number): void
  set(line: Line): void
  /** Starts a new session, which owes a code. */
  signInAgain(): Promise<void>
  /** Calls back whenever the phone's display may change. Returns the function that ends this. */
  subscribe(listener: () => void): () => void
  end(): void
}

export interface WorldOptions {
  /** How many tabs of one session to show side by side. @default 1 */
  tabs?: number
  /** The time limit of a call, milliseconds. @default 15_000 */
  callTimeout?: number
  /** The connection. @default one without delay or failure */
  line?: Line
  /** Another inspector, in addition to the panel's. */
  inspect?: Inspector['inspect']
  issuer?: string
  account?: string
  /** What a new session owes until a code is accepted. @default nothing */
  gate?: Gate
  /** Another provider's backend. @default ours */
  service?: (now: () => number) => TotpBackend
  /** Takes passkeys. Says whether the person confirms or declines them. @default no passkeys */
  passkeys?: SimulatedPasskeys
}

const TICK_MS = 100
let worlds = 0

/** Its time runs as usual and can be advanced. */
export function createWorld(options: WorldOptions = {}): World {
  const {
    tabs = 1,
    callTimeout,
    line = clearLine,
    inspect,
    issuer,
    account,
    service,
    gate,
    passkeys,
  } = options
  const clock = new TestClock()
  const named = { ...(issuer && { issuer }), ...(account && { account }) }
  const real =
    service?.(clock.now) ?? memoryBackend({ clock: clock.now, ...named, ...(passkeys && { passkeys }) })
  const guarded = gatedBy(gate ?? null, real)
  const { backend, set, isUp, turn } = overLine(guarded.service, clock, line)
  const name = `stories ${worlds++}`
  const flows = Array.from({ length: tabs }, () =>
    createTotpFlow({
      backend,
      clock,
      inspect: (event) => {
        panel.next?.(event)
        inspect?.next?.(event)
      },
      tabs: tabs > 1 && name,
      ...(callTimeout !== undefined && { callTimeout }),
    }),
  )
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const listener of listeners) listener()
  }
  let app: Authenticator | undefined
  let seen = Date.now()
  const ticking = setInterval(() => {
    const now = Date.now()
    // No code may expire while the story is paused.
    if (!stage.get().isHeld) clock.pass(now - seen)
    seen = now
    tell()
  }, TICK_MS)
  const registration = () => flows.find((flow) => flow.getView().registration)?.getView().registration
  for (const flow of flows) flow.subscribe(tell)

  return {
    flow: flows[0] as TotpFlow,
    flows,
    passkeys: passkeys && managePasskeys(flows[0] as TotpFlow, backend),
    phone: {
      canScan: () => registration() !== undefined,
      scan() {
        const uri = registration()?.unseal().uri
        if (uri) app = authenticator(uri, { clock })
        tell()
      },
      code: () => app?.code() ?? '',
    },
    network: {
      isUp,
      turn(up) {
        turn(up)
        tell()
      },
    },
    later(milliseconds) {
      clock.pass(milliseconds)
      tell()
    },
    set,
    async signInAgain() {
      guarded.owe({ state: 'codeOwed' })
      for (const flow of flows) {
        flow.release()
        await flow.waitFor(({ busy }) => !busy)
      }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    end() {
      clearInterval(ticking)
      for (const flow of flows) flow.stop()
    },
  }
}

/** Waits until the backend has answered. */
export const ready = ({ flow }: World) => flow.waitFor(({ busy }) => !busy)

/** Starts an enrollment and scans with the phone. */
export async function registered(world: World) {
  await ready(world)
  world.flow.register()
  await world.flow.waitFor(({ state }) => state === 'awaitingCode')
  world.phone.scan()
}

/** The same with the recovery codes saved. */
export async function enrolled(world: World) {
  await justEnrolled(world)
  await world.flow.acknowledgeRecoveryCodes()
}

/** Adds these passkeys. */
export const withPasskeys =
  (...names: string[]) =>
  async (world: World) => {
    const { flow, passkeys } = world
    await ready(world)
    const confirming = flow.subscribe(() => {
      if (flow.getView().can.submitPasskey) queueMicrotask(flow.submitPasskey)
    })
    for (const alias of names) await passkeys?.add({ alias })
    confirming()
    flow.release()
  }

/** Turns the app on and waits for a new code on the phone. The recovery codes are still on screen. */
export async function justEnrolled(world: World) {
  const { flow, phone, later } = world
  await registered(world)
  flow.submitCode(phone.code())
  await flow.waitFor(({ state }) => state === 'elevated')
  later(30_000)
}

/** What a session owes until a code is accepted in it. */
function gatedBy(owed: Gate | null, backend: TotpBackend) {
  let gate = owed
  const service: TotpBackend = {
    ...backend,
    getGate: () => gate,
    async authenticateTotpMfaDevice(params, options) {
      const won = await backend.authenticateTotpMfaDevice(params, options)
      gate = gate && { state: 'open' }
      return won
    },
  }
  return {
    service,
    owe(next: Gate) {
      gate = next
    },
  }
}

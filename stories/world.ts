import type { Inspector } from 'statescope'
import { inspect as panel } from 'statescope/storybook'
import { createTotpFlow, type Gate, type TotpBackend, type TotpFlow } from 'totp-flow'
import { memoryBackend, type SimulatedPasskeys } from 'totp-flow/memory'
import { type ManagedPasskeys, managePasskeys } from 'totp-flow/passkeys'
import { type Authenticator, authenticator, TestClock } from 'totp-flow/testing'
import { clearLine, type Line, overLine } from './line.ts'
import { stage } from './stage.ts'

/** All that a story plays with: the real service in the page, the flows of its tabs, and a phone. */
export interface World {
  flow: TotpFlow
  flows: readonly TotpFlow[]
  /** Of the first flow, where passkeys are taken. */
  passkeys: ManagedPasskeys | undefined
  phone: {
    /** Whether a tab shows something to scan. */
    canScan(): boolean
    scan(): void
    /** What the phone shows; empty before it has scanned. */
    code(): string
  }
  network: {
    isUp(): boolean
    turn(up: boolean): void
  }
  /** Jumps ahead. */
  later(milliseconds: number): void
  set(line: Line): void
  /** A new session, which owes a code. */
  signInAgain(): Promise<void>
  /** Calls back whenever the phone may show something else; returns the function that ends it. */
  subscribe(listener: () => void): () => void
  end(): void
}

export interface WorldOptions {
  /** Of one session, side by side. @default 1 */
  tabs?: number
  /** How long a call may take, milliseconds. @default 15_000 */
  callTimeout?: number
  /** @default one without obstacles */
  line?: Line
  /** Looks on, beside the panel. */
  inspect?: Inspector['inspect']
  issuer?: string
  account?: string
  /** What a new session owes, until a code was right. @default nothing */
  gate?: Gate
  /** Another provider's. @default ours */
  service?: (now: () => number) => TotpBackend
  /** Takes passkeys, which the person confirms, declines … as this says. @default none are taken */
  passkeys?: SimulatedPasskeys
}

const TICK_MS = 100
let worlds = 0

/** Time runs in it as it does outside, and can be moved ahead. */
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
    // While the play is held, no code may expire.
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

/** The backend has answered. */
export const ready = ({ flow }: World) => flow.waitFor(({ busy }) => !busy)

/** Setting up has begun, and the phone has scanned. */
export async function registered(world: World) {
  await ready(world)
  world.flow.register()
  await world.flow.waitFor(({ state }) => state === 'awaitingCode')
  world.phone.scan()
}

/** The app is on, its recovery codes kept, and the phone shows a new code. */
export async function enrolled(world: World) {
  await justEnrolled(world)
  await world.flow.acknowledgeRecoveryCodes()
}

/** The person has these passkeys. */
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

/** The same with the recovery codes still on screen. */
export async function justEnrolled(world: World) {
  const { flow, phone, later } = world
  await registered(world)
  flow.submitCode(phone.code())
  await flow.waitFor(({ state }) => state === 'elevated')
  later(30_000)
}

/** What a session owes, until a code was right in it. */
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

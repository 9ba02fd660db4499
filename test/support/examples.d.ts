/** What an example gives to whoever runs it, by the names that the pages use. */
declare module 'example:*' {
  import type { ComponentType, ReactNode } from 'react'
  import type { TotpBackend, TotpFlow, TotpView } from 'totp-flow'
  import type { Messages } from 'totp-flow/messages'
  import type { TotpServer, UserToImport } from 'totp-flow/server'
  import type { FunctionalComponent } from 'vue'
  import type { AnyActorRef } from 'xstate'

  type OfFlow = ComponentType<{ flow: TotpFlow }>
  export function elevationRoute(
    totp: TotpServer,
    claimsOf: (token: string) => Promise<{ sub?: string }>,
    clock?: () => number,
  ): (request: Request) => Promise<Response>
  export function withScopes(provider: TotpBackend, getToken: () => Promise<string>): TotpBackend
  export function guard(flow: TotpFlow, signOut: () => void): void
  export function signOut(): void
  export const Guarded: ComponentType<{ flow: TotpFlow; app: ReactNode; signOut: () => void }>
  export const ExportKey: ComponentType
  export const Konto: OfFlow
  export const Live: OfFlow
  export const Status: ComponentType
  export const Code: ComponentType
  export const compilerOptions: { isCustomElement: (tag: string) => boolean }
  export const TotpCard: FunctionalComponent<{ flow: TotpFlow }>
  export const show: (flow: TotpFlow) => () => void
  export const Chart: ComponentType
  export const Fan: ComponentType
  export const addons: string[]
  export const Before: ComponentType
  export const After: ComponentType
  export const follow: (flow: TotpFlow, button: HTMLButtonElement) => () => void
  export const ours: Messages
  export const svg: string
  export const diagram: string
  export const said: (flow: TotpFlow) => string
  export const settings: AnyActorRef
  export const signIn: AnyActorRef
  export const app: AnyActorRef
  export const exporting: AnyActorRef
  export const onboarding: AnyActorRef
  export const backend: TotpBackend
  export const SecurityPage: ComponentType<{ settings: AnyActorRef; backend: TotpBackend }>
  export const Throttled: ComponentType
  export const token: string | null
  export const server: TotpServer
  export const typed: (text: string) => void
  export const view: () => TotpView | undefined
  export const signInForDevelopment: (account: string) => Promise<void>
  export const sendMoney: (request: Request) => Promise<Response>
  export const paid: Response
  export const usersOf: (auth: { $context: Promise<unknown> }) => AsyncGenerator<UserToImport>
  export const usersIn: (file: string) => Generator<UserToImport>
}

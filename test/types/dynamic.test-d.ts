/**
 * What the functions of `totp-flow/client` take and give, against the published types of Dynamic's SDK. `tsc` is the test,
 * under the module resolution of a bundler: the SDK's types are `any` under Node's own.
 *
 * A TypeScript enum takes no string, not even one of its own values, so ours and theirs are compared with each enum of
 * theirs written as the strings that it stands for.
 */
import type * as theirs from '@dynamic-labs-sdk/client'
import { expectTypeOf } from 'vitest'
import type * as ours from '../../src/client/index.ts'
import type { TotpBackend } from '../../src/contract/backend.ts'
import { dynamicBackend } from '../../src/dynamic/dynamic-backend.ts'

/** Enums as their values, all the way down. */
type Plain<T> = T extends string
  ? `${T}`
  : T extends Date | Headers
    ? T
    : T extends readonly (infer Item)[]
      ? Plain<Item>[]
      : T extends object
        ? { [Key in keyof T]: Plain<T[Key]> }
        : T

declare const client: theirs.DynamicClient
// The types are there at all, and no `any`.
expectTypeOf<theirs.DynamicClient>().not.toBeAny()
expectTypeOf(dynamicBackend(client)).toEqualTypeOf<TotpBackend>()

type Given<F extends (...args: never[]) => unknown> = Parameters<F>[0]
type Answer<F extends (...args: never[]) => unknown> = Awaited<ReturnType<F>>
type Theirs = typeof theirs
type Ours = typeof ours

// What theirs is called with, ours takes as it is.
expectTypeOf<Given<Theirs['authenticateTotpMfaDevice']>>().toExtend<
  Given<Ours['authenticateTotpMfaDevice']>
>()
expectTypeOf<Given<Theirs['authenticateMfaRecoveryCode']>>().toExtend<
  Given<Ours['authenticateMfaRecoveryCode']>
>()
expectTypeOf<Given<Theirs['deleteMfaDevice']>>().toExtend<Given<Ours['deleteMfaDevice']>>()
expectTypeOf<Given<Theirs['checkStepUpAuth']>>().toExtend<Given<Ours['checkStepUpAuth']>>()
expectTypeOf<Given<Theirs['getElevatedAccessToken']>>().toExtend<Given<Ours['getElevatedAccessToken']>>()

// What ours is called with, theirs takes, for scopes that it knows: a host of ours may have more of its own.
type Known<T> = T extends { requestedScopes?: unknown }
  ? Omit<T, 'requestedScopes'> & { requestedScopes?: `${theirs.TokenScope}`[] }
  : T
expectTypeOf<Known<Given<Ours['authenticateTotpMfaDevice']>>>().toExtend<
  Plain<Given<Theirs['authenticateTotpMfaDevice']>>
>()
expectTypeOf<Known<Given<Ours['authenticateMfaRecoveryCode']>>>().toExtend<
  Plain<Given<Theirs['authenticateMfaRecoveryCode']>>
>()
// (As `client.mfaToken` is, the token may be null in ours: the document passes the one into the other.)
type WithToken<T extends { mfaAuthToken?: unknown }> = T & { mfaAuthToken: string }
expectTypeOf<WithToken<Given<Ours['deleteMfaDevice']>>>().toExtend<Given<Theirs['deleteMfaDevice']>>()
expectTypeOf<Given<Ours['getElevatedAccessToken']>>().toExtend<Given<Theirs['getElevatedAccessToken']>>()

// What ours answers, code written for theirs can read.
expectTypeOf<Answer<Ours['registerTotpMfaDevice']>>().toExtend<
  Plain<Answer<Theirs['registerTotpMfaDevice']>>
>()
expectTypeOf<Answer<Ours['getMfaDevices']>>().toExtend<Plain<Answer<Theirs['getMfaDevices']>>>()
expectTypeOf<Answer<Ours['getMfaRecoveryCodes']>>().toExtend<Answer<Theirs['getMfaRecoveryCodes']>>()
expectTypeOf<Answer<Ours['createNewMfaRecoveryCodes']>>().toExtend<
  Answer<Theirs['createNewMfaRecoveryCodes']>
>()
expectTypeOf<Answer<Ours['getElevatedAccessToken']>>().toEqualTypeOf<
  Answer<Theirs['getElevatedAccessToken']>
>()
expectTypeOf<Answer<Ours['consumeMfaToken']>>().toEqualTypeOf<Answer<Theirs['consumeMfaToken']>>()
expectTypeOf<Answer<Ours['deleteMfaDevice']>>().toEqualTypeOf<Answer<Theirs['deleteMfaDevice']>>()
/** Of the user, theirs knows more than a second factor is about. */
type Session<T extends { user: { id: string; email?: string | null; scope?: string } }> = Omit<T, 'user'> & {
  user: Pick<T['user'], 'id' | 'scope'>
}
type OurSession = Session<Answer<Ours['authenticateTotpMfaDevice']>>
type TheirSession = Session<Answer<Theirs['authenticateTotpMfaDevice']>>
expectTypeOf<OurSession>().toExtend<TheirSession>()

// What theirs answers, code written for ours can read, where theirs says whether a field is there: it calls all of a
// device's optional, and none of a session's token.
type Sure<T> = { [Key in keyof T]-?: NonNullable<T[Key]> }
type TheirDevice = Sure<Plain<Answer<Theirs['getMfaDevices']>[number]>>
type Totp<T> = Omit<T, 'type'> & { type: 'totp' }
expectTypeOf<Totp<TheirDevice>>().toExtend<ours.ClientMfaDevice>()
expectTypeOf<Totp<Plain<Answer<Theirs['registerTotpMfaDevice']>>>>().toExtend<
  Answer<Ours['registerTotpMfaDevice']>
>()
expectTypeOf<Answer<Theirs['getMfaRecoveryCodes']>>().toExtend<Answer<Ours['getMfaRecoveryCodes']>>()
expectTypeOf<Plain<Answer<Theirs['checkStepUpAuth']>['isRequired']>>().toEqualTypeOf<
  Answer<Ours['checkStepUpAuth']>['isRequired']
>()
expectTypeOf<
  Pick<Sure<TheirSession>, 'minifiedJwt' | 'expiresAt' | 'mfaToken' | 'elevatedAccessToken'>
>().toExtend<Pick<OurSession, 'minifiedJwt' | 'expiresAt' | 'mfaToken' | 'elevatedAccessToken'>>()

// The client itself: the token is read off it in the same way.
expectTypeOf<ours.TotpClient['mfaToken']>().toEqualTypeOf<theirs.DynamicClient['mfaToken']>()

// The strings of the document are taken here; theirs wants its enum.
declare const authenticateHere: Ours['authenticateTotpMfaDevice']
declare const authenticateThere: Theirs['authenticateTotpMfaDevice']
authenticateHere({ code: '123456', requestedScopes: ['wallet:export'] })
// @ts-expect-error a string is no member of an enum
authenticateThere({ code: '123456', requestedScopes: ['wallet:export'] })

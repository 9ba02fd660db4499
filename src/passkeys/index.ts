/**
 * Adds, renames and removes the passkeys of a flow's user, over any backend that supports passkeys. The UIs are in
 * `totp-flow/react/passkeys`, `totp-flow/vanilla/passkeys` and `totp-flow/element/passkeys`.
 *
 * @module totp-flow/passkeys
 */
export { isSupported } from '../ui/passkeys-supported.ts'
export { type ManagedPasskeys, managePasskeys, type PasskeysState } from './manage-passkeys.ts'

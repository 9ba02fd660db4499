/**
 * The unstyled parts of the components of `totp-flow/react`. Each has its behavior built in, and takes a `className` or a
 * `render` function that draws it.
 *
 * @module totp-flow/react/parts
 */
'use client'

export { Announcement } from './announcement.tsx'
export { Cancel, Remove, Retry, SetUp, StartOver, Submit, SwitchMethod } from './buttons.tsx'
export { CodeField, type CodeFieldProps, CodeLabel } from './code-field.tsx'
export { CodeForm } from './code-form.tsx'
export { DeviceStatus, Skeleton } from './device-status.tsx'
export { Countdown, ErrorText as Error, Help, Note, Notes } from './notes.tsx'
export type { PartProps } from './part.ts'
export { DeepLink, QrCode } from './qr-code.tsx'
export {
  CodeList,
  Codes,
  CodesError,
  CodesHint,
  CodesTitle,
  CopyCodes,
  CopyNote,
  DownloadCodes,
  KeepCodes,
  KeepNote,
  PrintCodes,
  RenewCodes,
} from './recovery-codes.tsx'
export { Root } from './root.tsx'
export { SetupKey, type SetupKeyProps } from './setup-key.tsx'
export { Steps } from './steps.tsx'

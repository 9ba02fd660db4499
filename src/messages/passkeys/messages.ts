/** Every word of the interface about passkeys. Errors are in `errors` of `Messages`. */
export interface PasskeyMessages {
  /** The button of a prompt. */
  use: string
  /** Between the button and the field for a code. */
  or: string
  /** Above the button, if only a passkey answers the prompt. */
  hint: string
  /** While the browser asks for a passkey or creates one. */
  open: string
  /** The heading of the list. */
  title: string
  /** Why to add a passkey. */
  why: string
  none: string
  add: string
  rename: string
  remove: string
  /** The label of the field for a passkey's name. */
  name: string
  save: string
  /** Shown if an empty name was submitted. */
  empty: string
  cancel: string
  /** Above the button that confirms a removal. */
  confirmRemoval(name: string): string
  /** The accessible name of a row's rename button. */
  renameOne(name: string): string
  /** The accessible name of a row's remove button. */
  removeOne(name: string): string
  /** A passkey without a name. */
  unnamed: string
  /** When the passkey was added. `time` comes from `device.time()`. */
  added(time: string): string
  /** When it last answered a prompt. `time` comes from `device.time()`. */
  lastUsed(time: string): string
  /** What screen readers announce. */
  announcements: { added: string; renamed: string; removed: string }
}

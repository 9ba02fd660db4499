/** Every word that the interface says of passkeys; what can go wrong is in `errors` of the catalog. */
export interface PasskeyMessages {
  /** The button of a prompt. */
  use: string
  /** Between that and the field for a code. */
  or: string
  /** Above the button, where nothing else answers the prompt. */
  hint: string
  /** While the browser asks for a passkey, or makes one. */
  open: string
  /** The heading of the list. */
  title: string
  /** Why one would add a passkey. */
  why: string
  none: string
  add: string
  rename: string
  remove: string
  /** The label of a passkey's name, and the button that keeps it. */
  name: string
  save: string
  /** Where no name was typed. */
  empty: string
  cancel: string
  /** Above the button that removes it. */
  confirmRemoval(name: string): string
  /** The names of the buttons, each of which stands in a list with others. */
  renameOne(name: string): string
  /** The same, of the button that removes it. */
  removeOne(name: string): string
  /** A passkey that has no name. */
  unnamed: string
  /** When it was added; `time` comes from `device.time()`. */
  added(time: string): string
  /** When it last answered a prompt; `time` as above. */
  lastUsed(time: string): string
  /** What a screen reader is told of what has happened. */
  announcements: { added: string; renamed: string; removed: string }
}

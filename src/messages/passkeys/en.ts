import type { PasskeyMessages } from './messages.ts'

/** English. */
export const en: PasskeyMessages = {
  use: 'Use a passkey',
  or: 'or',
  hint: 'Confirm with your passkey to continue.',
  open: 'Follow the steps that your browser shows.',
  title: 'Passkeys',
  why: 'With a passkey, you confirm with your fingerprint, face or screen lock instead of a code.',
  none: 'No passkeys yet',
  add: 'Add a passkey',
  rename: 'Rename',
  remove: 'Remove',
  name: 'Name',
  save: 'Save',
  empty: 'Enter a name first.',
  cancel: 'Cancel',
  confirmRemoval: (name) => `Remove the passkey “${name}”? You can no longer confirm with it.`,
  renameOne: (name) => `Rename ${name}`,
  removeOne: (name) => `Remove ${name}`,
  unnamed: 'Passkey',
  added: (time) => `Added ${time}`,
  lastUsed: (time) => `Last used ${time}`,
  announcements: { added: 'Passkey added.', renamed: 'Passkey renamed.', removed: 'Passkey removed.' },
}

import type { PasskeyMessages } from './messages.ts'

/** German. */
export const de: PasskeyMessages = {
  use: 'Passkey verwenden',
  or: 'oder',
  hint: 'Bestätigen Sie mit Ihrem Passkey, um fortzufahren.',
  open: 'Folgen Sie den Schritten, die Ihr Browser zeigt.',
  title: 'Passkeys',
  why: 'Mit einem Passkey bestätigen Sie per Fingerabdruck, Gesicht oder Displaysperre und brauchen keinen Code.',
  none: 'Noch keine Passkeys',
  add: 'Passkey hinzufügen',
  rename: 'Umbenennen',
  remove: 'Entfernen',
  name: 'Name',
  save: 'Speichern',
  empty: 'Geben Sie zuerst einen Namen ein.',
  cancel: 'Abbrechen',
  confirmRemoval: (name) => `Den Passkey „${name}“ entfernen? Sie können dann nicht mehr mit ihm bestätigen.`,
  renameOne: (name) => `${name} umbenennen`,
  removeOne: (name) => `${name} entfernen`,
  unnamed: 'Passkey',
  added: (time) => `Hinzugefügt: ${time}`,
  lastUsed: (time) => `Zuletzt verwendet: ${time}`,
  announcements: {
    added: 'Passkey hinzugefügt.',
    renamed: 'Passkey umbenannt.',
    removed: 'Passkey entfernt.',
  },
}

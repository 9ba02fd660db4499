import type { PasskeyMessages } from './messages.ts'

/** French. */
export const fr: PasskeyMessages = {
  use: 'Utiliser une clé d’accès',
  or: 'ou',
  hint: 'Confirmez avec votre clé d’accès pour continuer.',
  open: 'Suivez les étapes qu’affiche votre navigateur.',
  title: 'Clés d’accès',
  why: 'Avec une clé d’accès, vous confirmez par votre empreinte, votre visage ou le verrouillage de l’écran, sans code.',
  none: 'Pas encore de clé d’accès',
  add: 'Ajouter une clé d’accès',
  rename: 'Renommer',
  remove: 'Supprimer',
  name: 'Nom',
  save: 'Enregistrer',
  empty: 'Saisissez d’abord un nom.',
  cancel: 'Annuler',
  confirmRemoval: (name) =>
    `Supprimer la clé d’accès « ${name} » ? Vous ne pourrez plus confirmer avec elle.`,
  renameOne: (name) => `Renommer ${name}`,
  removeOne: (name) => `Supprimer ${name}`,
  unnamed: 'Clé d’accès',
  added: (time) => `Ajoutée le ${time}`,
  lastUsed: (time) => `Dernière utilisation : ${time}`,
  announcements: {
    added: 'Clé d’accès ajoutée.',
    renamed: 'Clé d’accès renommée.',
    removed: 'Clé d’accès supprimée.',
  },
}

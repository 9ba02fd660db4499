import type { PasskeyMessages } from './messages.ts'

/** Spanish. */
export const es: PasskeyMessages = {
  use: 'Usar una llave de acceso',
  or: 'o',
  hint: 'Confirma con tu llave de acceso para continuar.',
  open: 'Sigue los pasos que muestra tu navegador.',
  title: 'Llaves de acceso',
  why: 'Con una llave de acceso confirmas con tu huella, tu cara o el bloqueo de pantalla, sin código.',
  none: 'Aún no hay llaves de acceso',
  add: 'Agregar una llave de acceso',
  rename: 'Cambiar nombre',
  remove: 'Eliminar',
  name: 'Nombre',
  save: 'Guardar',
  empty: 'Escribe primero un nombre.',
  cancel: 'Cancelar',
  confirmRemoval: (name) => `¿Eliminar la llave de acceso «${name}»? Ya no podrás confirmar con ella.`,
  renameOne: (name) => `Cambiar el nombre de ${name}`,
  removeOne: (name) => `Eliminar ${name}`,
  unnamed: 'Llave de acceso',
  added: (time) => `Agregada: ${time}`,
  lastUsed: (time) => `Último uso: ${time}`,
  announcements: {
    added: 'Llave de acceso agregada.',
    renamed: 'Nombre de la llave de acceso cambiado.',
    removed: 'Llave de acceso eliminada.',
  },
}

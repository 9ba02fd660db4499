import type { PasskeyMessages } from './messages.ts'

/** Brazilian Portuguese. */
export const ptBR: PasskeyMessages = {
  use: 'Usar uma chave de acesso',
  or: 'ou',
  hint: 'Confirme com sua chave de acesso para continuar.',
  open: 'Siga os passos que seu navegador mostra.',
  title: 'Chaves de acesso',
  why: 'Com uma chave de acesso, você confirma com a digital, o rosto ou o bloqueio de tela, sem código.',
  none: 'Nenhuma chave de acesso ainda',
  add: 'Adicionar uma chave de acesso',
  rename: 'Renomear',
  remove: 'Remover',
  name: 'Nome',
  save: 'Salvar',
  empty: 'Digite um nome primeiro.',
  cancel: 'Cancelar',
  confirmRemoval: (name) => `Remover a chave de acesso “${name}”? Você não poderá mais confirmar com ela.`,
  renameOne: (name) => `Renomear ${name}`,
  removeOne: (name) => `Remover ${name}`,
  unnamed: 'Chave de acesso',
  added: (time) => `Adicionada: ${time}`,
  lastUsed: (time) => `Último uso: ${time}`,
  announcements: {
    added: 'Chave de acesso adicionada.',
    renamed: 'Chave de acesso renomeada.',
    removed: 'Chave de acesso removida.',
  },
}

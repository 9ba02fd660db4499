import type { PasskeyMessages } from './messages.ts'

/** Japanese. */
export const ja: PasskeyMessages = {
  use: 'パスキーを使う',
  or: 'または',
  hint: '続けるには、パスキーで確認してください。',
  open: 'ブラウザに表示される手順に従ってください。',
  title: 'パスキー',
  why: 'パスキーがあれば、指紋、顔、画面ロックで確認でき、コードは要りません。',
  none: 'パスキーはまだありません',
  add: 'パスキーを追加',
  rename: '名前を変更',
  remove: '削除',
  name: '名前',
  save: '保存',
  empty: '先に名前を入力してください。',
  cancel: 'キャンセル',
  confirmRemoval: (name) =>
    `パスキー「${name}」を削除しますか。削除すると、このパスキーでは確認できなくなります。`,
  renameOne: (name) => `${name}の名前を変更`,
  removeOne: (name) => `${name}を削除`,
  unnamed: 'パスキー',
  added: (time) => `追加：${time}`,
  lastUsed: (time) => `最後に使用：${time}`,
  announcements: {
    added: 'パスキーを追加しました。',
    renamed: 'パスキーの名前を変更しました。',
    removed: 'パスキーを削除しました。',
  },
}

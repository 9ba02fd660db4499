import type { Passkey } from '../contract/passkeys.ts'
import type { Messages } from '../messages/messages.ts'
import { passkeyWords } from '../messages/passkeys/words-in.ts'
import { sentenceOf } from '../messages/sentence.ts'
import { announcerOf } from '../ui/announcer.ts'
import { dateOf } from '../ui/date-of.ts'
import { type Observable, observable } from '../ui/observable.ts'
import { isSupported } from '../ui/passkeys-supported.ts'
import type { ManagedPasskeys, PasskeysState } from './manage-passkeys.ts'

/** A passkey whose row is open for renaming or for confirming a removal. */
interface OpenPasskey {
  act: 'rename' | 'remove'
  id: string
}

export interface PasskeyListState extends PasskeysState {
  passkeys: readonly Passkey[]
  open: OpenPasskey | null
  /** The person tried to save an empty name. */
  isEmpty: boolean
}

/** The list of an account's passkeys, for any UI. Confirms a removal first, and announces what happened. */
export interface PasskeyList extends Observable<PasskeyListState> {
  add(): void
  begin(open: OpenPasskey): void
  /** Returns `false` if the name is empty. */
  rename(alias: string): boolean
  /** Confirms the removal of the open passkey. */
  remove(): void
  /** Cancels what is open or under way. */
  cancel(): void
}

export function createPasskeyList(managed: ManagedPasskeys): PasskeyList {
  const { flow } = managed
  const announcer = announcerOf(flow)
  let open: OpenPasskey | null = null
  let isEmpty = false

  function stateNow(): PasskeyListState {
    const { passkeys } = flow.getView()
    const isThere = passkeys.some(({ id }) => id === open?.id)
    if (!isThere) open = null // it was removed, here or elsewhere
    return { ...managed.getState(), passkeys, open, isEmpty }
  }
  const look = () => set(stateNow())
  function openUp(next: OpenPasskey | null, empty = false) {
    open = next
    isEmpty = empty
    look()
  }
  function run(act: Promise<void>, what: 'added' | 'renamed' | 'removed') {
    act.then(
      () => {
        if (what !== 'added') openUp(null)
        announcer.say((messages) => passkeyWords(messages).announcements[what])
      },
      () => {}, // the error is in the state
    )
  }

  const { set, ...list } = observable<PasskeyListState>(stateNow(), () => {
    look()
    const leaves = [flow.subscribe(look), managed.subscribe(look)]
    return () => {
      for (const leave of leaves) leave()
    }
  })
  return {
    ...list,
    add() {
      openUp(null)
      run(managed.add(), 'added')
    },
    begin: (next) => openUp(next),
    rename(alias) {
      const name = alias.trim()
      if (!open || managed.getState().pending) return true
      if (name === '') openUp(open, true)
      else {
        openUp(open)
        run(managed.rename(open.id, name), 'renamed')
      }
      return name !== ''
    },
    remove() {
      if (open) run(managed.remove(open.id), 'removed')
    },
    cancel() {
      managed.cancel()
      openUp(null)
    },
  }
}

/** What a list of passkeys says and enables, for UIs to draw. */
export function presentList(state: PasskeyListState, messages: Messages) {
  const words = passkeyWords(messages)
  const { device } = messages
  const { pending, passkeyId, open, passkeys, isEmpty } = state
  const isBusy = pending !== null
  /** About the open passkey, or else about adding one. */
  const error = isEmpty ? words.empty : state.error ? sentenceOf(messages, state.error) : ''
  return {
    words,
    error: open === null ? error : '',
    isBusy,
    isAdding: pending === 'add',
    canAdd: isSupported() && !isBusy,
    unsupported: isSupported() ? '' : messages.errors.passkey_unsupported,
    rows: passkeys.map(({ id, alias, createdAt = '', lastUsedAt = '' }) => {
      const name = alias || words.unnamed
      const [added, lastUsed] = [dateOf(createdAt), dateOf(lastUsedAt)]
      const isOpen = open?.id === id
      return {
        id,
        name,
        added: added ? words.added(device.time(added)) : '',
        lastUsed: lastUsed ? words.lastUsed(device.time(lastUsed)) : '',
        renameLabel: words.renameOne(name),
        removeLabel: words.removeOne(name),
        confirmation: words.confirmRemoval(name),
        open: isOpen ? open.act : null,
        isBusy: isBusy && passkeyId === id,
        isInvalid: isOpen && isEmpty,
        error: isOpen ? error : '',
      }
    }),
  }
}

export type PasskeyRow = ReturnType<typeof presentList>['rows'][number]

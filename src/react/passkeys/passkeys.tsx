import {
  type KeyboardEvent,
  type SyntheticEvent,
  useEffect,
  useId,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import type { ManagedPasskeys } from '../../passkeys/manage-passkeys.ts'
import {
  createPasskeyList,
  type PasskeyList,
  type PasskeyRow,
  presentList,
} from '../../passkeys/passkey-list.ts'
import { focusOpened, keepPlace } from '../../ui/focus-passkey.ts'
import { isSubmission, keepRelease } from '../../ui/submission.ts'
import { useMessages } from '../flow/use-messages.ts'
import type { PartProps } from '../parts/part.ts'
import { Root } from '../parts/root.tsx'
import { Act } from './act.tsx'

export interface PasskeysProps extends PartProps<'section'> {
  /** What `managePasskeys` returned for the provider's flow. */
  passkeys: ManagedPasskeys
}

/**
 * Lists, adds, renames and removes the passkeys of the account. Put one `<StepUpDialog />` next to it for the prompts of adding
 * and removing.
 */
export function Passkeys({ passkeys, ...props }: PasskeysProps) {
  const [{ of, list }, setMade] = useState(() => ({ of: passkeys, list: createPasskeyList(passkeys) }))
  if (of !== passkeys) setMade({ of: passkeys, list: createPasskeyList(passkeys) })
  const state = useSyncExternalStore(list.subscribe, list.getState, list.getState)
  const { words, rows, error, isAdding, canAdd, unsupported } = presentList(state, useMessages())
  const section = useRef<HTMLDivElement>(null)
  useEffect(() => keepPlace(section.current), [])

  return (
    <Root aria-label={words.title} {...props}>
      <div ref={section} part="passkeys">
        <h2 part="title" tabIndex={-1}>
          {words.title}
        </h2>
        <p part="hint">{words.why}</p>
        {rows.length === 0 ? (
          <p part="status">{words.none}</p>
        ) : (
          <ul part="passkey-list" aria-label={words.title}>
            {rows.map((row) => (
              <Row key={row.id} row={row} list={list} words={words} isBusy={state.pending !== null} />
            ))}
          </ul>
        )}
        <div part="notes passkey-notes">
          <p part="error" role="alert">
            {error}
          </p>
          <p part="note passkey-note" role="status">
            {isAdding ? words.open : unsupported}
          </p>
        </div>
        <div part="actions">
          <Act name="add primary" isBusy={isAdding} isRefused={!canAdd && !isAdding} act={list.add}>
            {words.add}
          </Act>
          {isAdding && (
            <Act name="cancel" act={list.cancel}>
              {words.cancel}
            </Act>
          )}
        </div>
      </div>
    </Root>
  )
}

interface RowProps {
  row: PasskeyRow
  list: PasskeyList
  words: ReturnType<typeof presentList>['words']
  isBusy: boolean
}

function Row({ row, list, words, isBusy }: RowProps) {
  const item = useRef<HTMLLIElement>(null)
  const before = useRef(row.open)
  useEffect(() => {
    focusOpened(item.current, row.open, before.current)
    before.current = row.open
  }, [row.open])

  return (
    <li part="passkey" ref={item}>
      {row.open === 'rename' ? (
        <Rename row={row} list={list} words={words} />
      ) : (
        <>
          <p part="passkey-name" dir="auto">
            {row.name}
          </p>
          {/* A server in another time zone writes another time. */}
          <p part="passkey-times" suppressHydrationWarning>
            {[row.added, row.lastUsed].filter(Boolean).join(' · ')}
          </p>
          {row.open === 'remove' && <p part="passkey-warning">{row.confirmation}</p>}
          <div part="row">
            {row.open === 'remove' ? (
              <>
                <Act name="cancel" act={list.cancel}>
                  {words.cancel}
                </Act>
                <Act name="confirm danger" label={row.removeLabel} isBusy={row.isBusy} act={list.remove}>
                  {words.remove}
                </Act>
              </>
            ) : (
              <>
                <Act
                  name="rename"
                  label={row.renameLabel}
                  isRefused={isBusy}
                  act={() => list.begin({ act: 'rename', id: row.id })}
                >
                  {words.rename}
                </Act>
                <Act
                  name="remove danger"
                  label={row.removeLabel}
                  isRefused={isBusy}
                  act={() => list.begin({ act: 'remove', id: row.id })}
                >
                  {words.remove}
                </Act>
              </>
            )}
          </div>
        </>
      )}
      {row.open && (
        <p part="error" role="alert">
          {row.error}
        </p>
      )}
    </li>
  )
}

/** Not a `<form>`, so it can be put into one. Its input events do not reach the host's handlers around it. */
function Rename({ row, list, words }: Omit<RowProps, 'isBusy'>) {
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.addEventListener('change', keep), []) // React reports none of an uncontrolled field
  function save() {
    if (!list.rename(field.current?.value ?? '')) field.current?.focus()
  }
  function press(event: KeyboardEvent) {
    if (event.key === 'Escape') {
      keep(event)
      list.cancel()
    }
    if (!isSubmission(event.nativeEvent)) return
    keep(event)
    keepRelease()
    event.preventDefault()
    save()
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys of the field in it
    <div part="passkey-form" onKeyDown={press} onInput={keep} onChange={keep}>
      <label part="code-label" htmlFor={id}>
        {words.name}
      </label>
      <input
        part="password-field passkey-field"
        id={id}
        ref={field}
        form=""
        name="passkey-name"
        autoComplete="off"
        maxLength={LONGEST_NAME}
        enterKeyHint="done"
        dir="auto"
        defaultValue={row.name}
        readOnly={row.isBusy}
        aria-invalid={row.isInvalid}
      />
      <div part="row">
        <Act name="save" isBusy={row.isBusy} act={save}>
          {words.save}
        </Act>
        <Act name="cancel" act={list.cancel}>
          {words.cancel}
        </Act>
      </div>
    </div>
  )
}

const LONGEST_NAME = 64
/** React bubbles events through its own tree, even out of a portal. */
const keep = (event: Pick<SyntheticEvent, 'stopPropagation'>) => event.stopPropagation()

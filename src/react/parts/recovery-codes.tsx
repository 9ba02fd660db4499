import {
  createContext,
  type RefObject,
  useContext,
  useEffect,
  useId,
  useRef,
  useSyncExternalStore,
} from 'react'
import type { TotpFlowError } from '../../contract/errors.ts'
import type { RecoveryCodesLeft } from '../../flow/totp-flow.ts'
import { sentenceOf } from '../../messages/sentence.ts'
import { createCodesLeft } from '../../ui/codes-left.ts'
import { createCodesWork } from '../../ui/codes-work.ts'
import { saveFile } from '../../ui/save-file.ts'
import { useMessages } from '../flow/use-messages.ts'
import { useOfFlow } from '../flow/use-of-flow.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { drawPart, Part, type PartProps } from './part.ts'
import { useCopy } from './use-copy.ts'

interface Shared {
  left: RecoveryCodesLeft | null
  /** Nobody said of those that there are that they are kept. */
  isUnsaved: boolean
  keep(): Promise<void>
  titleId: string
  shown: RefObject<HTMLOListElement | null>
  outcome: 'copied' | 'selected' | null
  copy(text: string): Promise<void>
  busy: boolean
  error: TotpFlowError | null
  run(name: string, act: () => Promise<void>): Promise<void>
}

const CodesContext = createContext<Shared | null>(null)

function useShared(): Shared {
  const shared = useContext(CodesContext)
  if (!shared) throw new Error('This part needs a <Codes> around it')
  return shared
}

const useCodes = () => useTotpFlow((view) => view.recoveryCodes)?.unseal()

/** What the parts about recovery codes stand in: those to save now, or how many are left. */
export function Codes(props: PartProps<'section'>) {
  const { lang, dir } = useMessages()
  const copying = useCopy<HTMLOListElement>()
  const titleId = useId()
  const { subscribe, getState, keep } = useOfFlow(createCodesLeft)
  const left = useSyncExternalStore(subscribe, getState, notKnown)
  const work = useOfFlow(createCodesWork)
  const { pending, failure } = useSyncExternalStore(work.subscribe, work.getState, work.getState)
  const section = useRef<HTMLElement>(null)
  const isUnsaved = left?.acknowledged === false

  useEffect(() => {
    // The button that said that they are kept is gone, and a keyboard would start at the top of the page.
    return () => {
      if (isUnsaved && document.activeElement === document.body) section.current?.focus()
    }
  }, [isUnsaved])

  const shared = { titleId, left, isUnsaved, keep, busy: pending !== null, error: failure, run: work.run }
  const behavior = { 'data-totp': '', ref: section, tabIndex: -1, 'aria-labelledby': titleId, lang, dir }
  return (
    <CodesContext.Provider value={{ ...copying, ...shared }}>
      <Part tag="section" name="recovery-codes" behavior={behavior} given={props} />
    </CodesContext.Provider>
  )
}

/** Says what to do with the codes that are shown; with none shown, how many are left. */
export function CodesTitle(props: PartProps<'h2'>) {
  const { titleId, left } = useShared()
  const { recovery } = useMessages()
  const isShown = useCodes() !== undefined
  const children = isShown ? recovery.title : left === null ? recovery.list : recovery.left(left.count)
  return drawPart('h2', 'title', { id: titleId, children }, props)
}

/** What the codes that are shown are for; with none shown, why one would make new ones. */
export function CodesHint(props: PartProps<'p'>) {
  const { isUnsaved } = useShared()
  const { recovery } = useMessages()
  const isShown = useCodes() !== undefined
  const why = isUnsaved ? recovery.unsaved : recovery.renewWhy
  const children = isShown ? recovery.hint : why
  return drawPart('p', isUnsaved ? 'hint unsaved' : 'hint', { children }, props)
}

const notKnown = () => null

/** The codes. Nothing while there are none to show. */
export function CodeList(props: PartProps<'ol'>) {
  const { shown } = useShared()
  const { recovery } = useMessages()
  const codes = useCodes()
  if (!codes) return null
  const children = codes.map((code) => <li key={code}>{code}</li>)
  const behavior = { 'aria-label': recovery.list, ref: shown, dir: 'ltr', translate: 'no', children }
  return drawPart('ol', 'code-list', behavior, props)
}

/** Copies the codes where the browser lets it, else selects them. */
export function CopyCodes(props: PartProps<'button'>) {
  const { outcome, copy } = useShared()
  const { recovery } = useMessages()
  const text = useCodes()?.join('\n') ?? ''
  const behavior = {
    type: 'button',
    'aria-live': 'polite',
    onClick: () => copy(text),
    children: outcome === 'copied' ? recovery.copied : recovery.copy,
  }
  return drawPart('button', 'button copy', behavior, props)
}

/** Gives the codes as a file. */
export function DownloadCodes(props: PartProps<'button'>) {
  const { recovery } = useMessages()
  const text = useCodes()?.join('\n') ?? ''
  const behavior = {
    type: 'button',
    onClick: () => saveFile(recovery.file, text),
    children: recovery.download,
  }
  return drawPart('button', 'button download', behavior, props)
}

/** Says that the codes are kept, to the backend too: those that are shown, or were. Nothing once that is said. */
export function KeepCodes(props: PartProps<'button'>) {
  const { isUnsaved, keep, busy, run } = useShared()
  const { recovery } = useMessages()
  const isShown = useCodes() !== undefined
  if (!isShown && !isUnsaved) return null
  const behavior = {
    type: 'button',
    'aria-busy': busy,
    onClick: () => run('keep', keep),
    children: recovery.keep,
  }
  return drawPart('button', isShown ? 'button keep primary' : 'button keep', behavior, props)
}

/** Makes new codes, after a code of the app: that is asked for where the challenge stands. */
export function RenewCodes(props: PartProps<'button'>) {
  const flow = useTotpFlow()
  const { busy, run } = useShared()
  const { recovery } = useMessages()
  const behavior = {
    type: 'button',
    'aria-busy': busy,
    onClick: () => run('renew', () => flow.renewRecoveryCodes()),
    children: recovery.renew,
  }
  return drawPart('button', 'button renew', behavior, props)
}

/** What became of copying, where one has to go on by hand. Always there, so that it is heard. */
export function CopyNote(props: PartProps<'p'>) {
  const { outcome } = useShared()
  const { recovery } = useMessages()
  const children = outcome === 'selected' && recovery.selected
  return drawPart('p', 'copy-note', { role: 'status', children }, props)
}

/** Why keeping or making failed. */
export function CodesError(props: PartProps<'p'>) {
  const { error } = useShared()
  const messages = useMessages()
  if (!error) return null
  return drawPart('p', 'error', { role: 'alert', children: sentenceOf(messages, error) }, props)
}

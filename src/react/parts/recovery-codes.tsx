import {
  createContext,
  type RefObject,
  useCallback,
  useContext,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { createCodesLeft } from '../../ui/codes-left.ts'
import { type CodesSheet, codesSheet } from '../../ui/codes-sheet.ts'
import { createCodesWork } from '../../ui/codes-work.ts'
import { printCodes } from '../../ui/print-codes.ts'
import { saveFile } from '../../ui/save-file.ts'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { Button, type ButtonProps } from './button.tsx'
import { Knows, useShown, useText } from './known.tsx'
import { drawPart, Part, type PartProps } from './part.ts'
import { useCopy } from './use-copy.ts'
import { useObserved } from './use-observed.ts'

interface Shared {
  titleId: string
  noteId: string
  shown: RefObject<HTMLOListElement | null>
  copy(text: string): Promise<void>
  keep(): Promise<void>
  run(name: string, act: () => Promise<void>): Promise<void>
  /** Says that the codes were copied, downloaded or printed. */
  take(): void
  /** Says that there is a button for that; returns the function that says that it is gone. */
  offerTaking(): () => void
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
  const { shown, outcome, copy } = useCopy<HTMLOListElement>('recovery-codes')
  const titleId = useId()
  const [{ keep }, codesLeft] = useObserved(createCodesLeft)
  const noteId = useId()
  const [{ run, take }, codesWork] = useObserved(createCodesWork)
  const section = useRef<HTMLElement>(null)
  const isUnsaved = useShown('unsaved', { codesLeft })
  const [waysToTake, setWaysToTake] = useState(0)
  const offerTaking = useCallback(() => {
    setWaysToTake((count) => count + 1)
    return () => setWaysToTake((count) => count - 1)
  }, [])

  useEffect(() => {
    // The button that said that they are kept is gone, and a keyboard would start at the top of the page.
    return () => {
      if (isUnsaved && document.activeElement === document.body) section.current?.focus()
    }
  }, [isUnsaved])

  const behavior = {
    'data-totp': '',
    ref: section,
    tabIndex: -1,
    'aria-labelledby': titleId,
    lang,
    dir,
  }
  return (
    <CodesContext.Provider value={{ titleId, noteId, shown, copy, keep, run, take, offerTaking }}>
      <Knows
        codesLeft={codesLeft}
        codesWork={codesWork}
        outcomes={{ 'recovery-codes': outcome }}
        offersTaking={waysToTake > 0}
      >
        <Part tag="section" name="recovery-codes" behavior={behavior} given={props} />
      </Knows>
    </CodesContext.Provider>
  )
}

/** Says what to do with the codes that are shown; with none shown, how many are left. */
export function CodesTitle(props: PartProps<'h2'>) {
  const { titleId } = useShared()
  const children = useText('codes-title')
  return drawPart('h2', 'title', { id: titleId, children }, props)
}

/** What the codes that are shown are for; with none shown, why one would make new ones. */
export function CodesHint(props: PartProps<'p'>) {
  const isUnsaved = useShown('unsaved')
  const children = useText('codes-hint')
  return drawPart('p', isUnsaved ? 'hint unsaved' : 'hint', { children }, props)
}

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

/** For a button that copies, downloads or prints: what it is to say once it did. */
function useTaking(): () => void {
  const { take, offerTaking } = useShared()
  useLayoutEffect(offerTaking, [offerTaking]) // before the codes are seen, so that nothing flashes
  return take
}

/** What is downloaded or printed. */
function useSheet(): () => CodesSheet {
  const { getView } = useTotpFlow()
  const messages = useMessages()
  return () => codesSheet(getView(), messages, new Date())
}

/** Copies the codes where the browser lets it, else selects them. */
export function CopyCodes(given: ButtonProps) {
  const { copy } = useShared()
  const take = useTaking()
  const words = useText('copy-codes')
  const text = useCodes()?.join('\n') ?? ''
  const act = () => copy(text).then(take)
  return <Button verb="copy-codes" name="copy" words={words} act={act} given={given} />
}

/** Gives the codes as a file that says what they are for. */
export function DownloadCodes(given: ButtonProps) {
  const { recovery } = useMessages()
  const sheet = useSheet()
  const take = useTaking()
  function act() {
    if (saveFile(recovery.file, sheet())) take()
  }
  return <Button verb="download-codes" name="download" words={recovery.download} act={act} given={given} />
}

/** Prints the codes, and nothing else of the page. */
export function PrintCodes(given: ButtonProps) {
  const messages = useMessages()
  const sheet = useSheet()
  const take = useTaking()
  const act = () => printCodes(sheet(), messages, take)
  return <Button verb="print-codes" name="print" words={messages.recovery.print} act={act} given={given} />
}

/** Why nobody can confirm yet that the codes are saved. Takes the same room once it is said no longer. */
export function KeepNote(props: PartProps<'p'>) {
  const { noteId } = useShared()
  const children = useText('keep-note')
  return drawPart('p', 'keep-note', { id: noteId, children }, props)
}

/**
 * Says that the codes are kept, to the backend too: those that are shown, or were. Nothing once that is said. Where there is
 * a button to copy, download or print them, it waits until one was used.
 */
export function KeepCodes(props: ButtonProps) {
  const { keep, run, noteId } = useShared()
  const { recovery } = useMessages()
  const isNew = useShown('recovery-codes')
  const isUnsaved = useShown('unsaved')
  const isUntaken = useShown('untaken')
  if (!isNew && !isUnsaved) return null
  const act = () => run('acknowledge', keep)
  const name = isNew ? 'keep primary' : 'keep'
  const given = { 'aria-describedby': isUntaken ? noteId : undefined, ...props }
  return <Button verb="acknowledge" name={name} words={recovery.keep} act={act} given={given} />
}

/** Makes new codes, after a code of the app: that is asked for where the challenge stands. */
export function RenewCodes(given: ButtonProps) {
  const { renewRecoveryCodes } = useTotpFlow()
  const { run } = useShared()
  const { recovery } = useMessages()
  const act = () => run('renew-codes', renewRecoveryCodes)
  return <Button verb="renew-codes" name="renew" words={recovery.renew} act={act} given={given} />
}

/** What became of copying, where one has to go on by hand. */
export function CopyNote(props: PartProps<'p'>) {
  const children = useText('copy-codes-note')
  return drawPart('p', 'copy-note', { children }, props)
}

/** Why keeping or making failed. */
export function CodesError(props: PartProps<'p'>) {
  const children = useText('codes-error')
  return children ? drawPart('p', 'error', { role: 'alert', children }, props) : null
}

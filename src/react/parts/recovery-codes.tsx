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
  /** Records that the codes were copied, downloaded or printed. */
  take(): void
  /** Registers a button for that. Returns a function that unregisters it. */
  offerTaking(): () => void
}

const CodesContext = createContext<Shared | null>(null)

function useShared(): Shared {
  const shared = useContext(CodesContext)
  if (!shared) throw new Error('This part needs a <Codes> around it')
  return shared
}

const useCodes = () => useTotpFlow((view) => view.recoveryCodes)?.unseal()

/** Wraps the parts about recovery codes: the codes to save now, or how many are left. */
export function Codes(props: PartProps<'section'>) {
  const { lang, dir } = useMessages()
  const { shown, outcome, copy } = useCopy<HTMLOListElement>('recovery-codes')
  const titleId = useId()
  const [{ keep }, codesLeft] = useObserved(createCodesLeft)
  const noteId = useId()
  const [{ run, take }, codesWork] = useObserved(createCodesWork)
  const section = useRef<HTMLElement>(null)
  const isUnsaved = useShown('unsaved', { codesLeft })
  const waysToTake = useRef(0)
  // True at first, since most pages have such a button, and would be rendered twice otherwise.
  const [offersTaking, setOffersTaking] = useState(true)
  const offerTaking = useCallback(() => {
    const add = (ways: number) => {
      waysToTake.current += ways
      setOffersTaking(waysToTake.current > 0)
    }
    add(1)
    return () => add(-1)
  }, [])
  useLayoutEffect(() => setOffersTaking(waysToTake.current > 0), []) // after those of the buttons

  useEffect(() => {
    // The confirming button is gone, so keyboard focus would restart at the top of the page.
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
        offersTaking={offersTaking}
      >
        <Part tag="section" name="recovery-codes" behavior={behavior} given={props} />
      </Knows>
    </CodesContext.Provider>
  )
}

/** Says what to do with the codes shown, or how many are left if none are. */
export function CodesTitle(props: PartProps<'h2'>) {
  const { titleId } = useShared()
  const children = useText('codes-title')
  return drawPart('h2', 'title', { id: titleId, children }, props)
}

/** Says what the codes shown are for, or why to generate new ones if none are shown. */
export function CodesHint(props: PartProps<'p'>) {
  const isUnsaved = useShown('unsaved')
  const children = useText('codes-hint')
  return drawPart('p', isUnsaved ? 'hint unsaved' : 'hint', { children }, props)
}

/** The list of codes. Renders nothing if none are shown. */
export function CodeList(props: PartProps<'ol'>) {
  const { shown } = useShared()
  const { recovery } = useMessages()
  const codes = useCodes()
  if (!codes) return null
  const children = codes.map((code) => <li key={code}>{code}</li>)
  const behavior = { 'aria-label': recovery.list, ref: shown, dir: 'ltr', translate: 'no', children }
  return drawPart('ol', 'code-list', behavior, props)
}

/** For a button that copies, downloads or prints: returns the function to call once it did. */
function useTaking(): () => void {
  const { take, offerTaking } = useShared()
  useLayoutEffect(offerTaking, [offerTaking]) // before the codes are painted, to avoid a flash
  return take
}

/** The sheet to download or print. */
function useSheet(): () => CodesSheet {
  const { getView } = useTotpFlow()
  const messages = useMessages()
  return () => codesSheet(getView(), messages, new Date())
}

/** Copies the codes, or selects them if the browser does not allow copying. */
export function CopyCodes(given: ButtonProps) {
  const { copy } = useShared()
  const take = useTaking()
  const words = useText('copy-codes')
  const text = useCodes()?.join('\n') ?? ''
  const act = () => copy(text).then(take)
  return <Button verb="copy-codes" name="copy" words={words} act={act} given={given} />
}

/** Downloads the codes as a file that says what they are for. */
export function DownloadCodes(given: ButtonProps) {
  const { recovery } = useMessages()
  const sheet = useSheet()
  const take = useTaking()
  function act() {
    if (saveFile(recovery.file, sheet())) take()
  }
  return <Button verb="download-codes" name="download" words={recovery.download} act={act} given={given} />
}

/** Prints only the codes, without the rest of the page. */
export function PrintCodes(given: ButtonProps) {
  const messages = useMessages()
  const sheet = useSheet()
  const take = useTaking()
  const act = () => printCodes(sheet(), messages, take)
  return <Button verb="print-codes" name="print" words={messages.recovery.print} act={act} given={given} />
}

/** Says why the person cannot confirm yet that the codes are saved. Keeps its space once hidden. */
export function KeepNote(props: PartProps<'p'>) {
  const { noteId } = useShared()
  const children = useText('keep-note')
  return drawPart('p', 'keep-note', { id: noteId, children }, props)
}

/**
 * Confirms that the codes are saved, and tells the backend. Renders nothing once confirmed. If there is a button to copy,
 * download or print the codes, it stays disabled until one was used.
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

/** Generates new codes, after the proof that the backend requires. The page's `TotpChallenge` prompts for it. */
export function RenewCodes(given: ButtonProps) {
  const { renewRecoveryCodes } = useTotpFlow()
  const { run } = useShared()
  const { recovery } = useMessages()
  const act = () => run('renew-codes', renewRecoveryCodes)
  return <Button verb="renew-codes" name="renew" words={recovery.renew} act={act} given={given} />
}

/** Says that copying failed and the person must copy by hand. */
export function CopyNote(props: PartProps<'p'>) {
  const children = useText('copy-codes-note')
  return drawPart('p', 'copy-note', { children }, props)
}

/** Says why confirming or generating codes failed. */
export function CodesError(props: PartProps<'p'>) {
  const children = useText('codes-error')
  return children ? drawPart('p', 'error', { role: 'alert', children }, props) : null
}

import { useEffect, useRef, useSyncExternalStore } from 'react'
import { stage } from './stage.ts'

const again = () => location.reload()
/** With Alt, so that they work while the focus is in a field. By `code`, since Alt changes the letter on some keyboards. */
const keys: Readonly<Record<string, () => void>> = {
  KeyP: () => (stage.get().isHeld ? stage.play() : stage.hold()),
  KeyN: () => stage.next(),
  KeyR: again,
}

/** What just happened in the story that is played, and the buttons and keys that hold it. */
export function Caption() {
  const { caption, isHeld, isOver } = useSyncExternalStore(stage.subscribe, stage.get)
  const bar = useRef<HTMLElement>(null)

  // Once more on top: a dialog may have opened meanwhile, above what was there before.
  useEffect(() => {
    if (!caption) return
    bar.current?.hidePopover()
    bar.current?.showPopover()
  }, [caption])
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const act = event.altKey ? keys[event.code] : undefined
      if (!act || !stage.get().caption) return
      event.preventDefault()
      event.stopImmediatePropagation() // Storybook has keys of its own
      act()
    }
    addEventListener('keydown', press, true)
    return () => removeEventListener('keydown', press, true)
  }, [])

  if (!caption) return null
  return (
    <aside ref={bar} className="caption" popover="manual" aria-label="Play">
      <p role="status">{isOver ? 'That was all. Go on by hand.' : caption}</p>
      <div>
        <button type="button" aria-keyshortcuts="Alt+P" disabled={isOver} onClick={keys.KeyP}>
          {isHeld ? 'Play' : 'Pause'} <kbd>Alt P</kbd>
        </button>
        <button type="button" aria-keyshortcuts="Alt+N" disabled={isOver} onClick={keys.KeyN}>
          Step <kbd>Alt N</kbd>
        </button>
        <button type="button" aria-keyshortcuts="Alt+R" onClick={again}>
          Again <kbd>Alt R</kbd>
        </button>
      </div>
    </aside>
  )
}

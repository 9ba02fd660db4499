import { useEffect, useRef, useSyncExternalStore } from 'react'
import { stage } from './stage.ts'

const again = () => location.reload()
/** Shortcuts with Alt, so that they work while a field has focus. Matched by `code`, since Alt changes letters on some keyboards. */
const keys: Readonly<Record<string, () => void>> = {
  KeyP: () => (stage.get().isHeld ? stage.play() : stage.hold()),
  KeyN: () => stage.next(),
  KeyR: again,
}

/** What just happened in the playing story, with buttons and keys that pause it. */
export function Caption() {
  const { caption, isHeld, isOver } = useSyncExternalStore(stage.subscribe, stage.get)
  const bar = useRef<HTMLElement>(null)

  // Moves the caption to the top again, above a dialog that opened meanwhile.
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
      event.stopImmediatePropagation() // Storybook has shortcuts of its own
      act()
    }
    addEventListener('keydown', press, true)
    return () => removeEventListener('keydown', press, true)
  }, [])

  if (!caption) return null
  return (
    <aside ref={bar} className="caption" popover="manual" aria-label="Play">
      <p role="status">{isOver ? 'The story is over. Continue by hand.' : caption}</p>
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

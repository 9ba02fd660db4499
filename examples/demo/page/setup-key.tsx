import { useEffect, useRef, useState } from 'react'

const SAYS_COPIED_MS = 2000

/** The secret for typing by hand, in groups of four, and a button that copies it where the browser lets it. */
export function SetupKey({ secret }: { secret: string }) {
  const key = useRef<HTMLOutputElement>(null)
  const [outcome, setOutcome] = useState<'copied' | 'selected' | null>(null)

  useEffect(() => {
    if (outcome !== 'copied') return
    const timer = setTimeout(() => setOutcome(null), SAYS_COPIED_MS)
    return () => clearTimeout(timer)
  }, [outcome])

  async function copy() {
    try {
      await navigator.clipboard.writeText(secret)
      setOutcome('copied')
    } catch {
      // Browsers lend the clipboard to secure origins only, and ask for leave.
      if (key.current) getSelection()?.selectAllChildren(key.current)
      setOutcome('selected')
    }
  }

  return (
    <div className="setup-key">
      <label htmlFor="setup-key">Setup key</label>
      <div>
        <output id="setup-key" ref={key}>
          {(secret.match(/.{1,4}/g) ?? []).map((group, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the groups of a key never change places
            <span key={index}>{group}</span>
          ))}
        </output>
        <button type="button" onClick={copy} aria-live="polite">
          {outcome === 'copied' ? 'Copied' : 'Copy'}
        </button>
      </div>
      <p role="status" className="muted">
        {outcome === 'selected' && 'The key is selected: copy it from here.'}
      </p>
    </div>
  )
}

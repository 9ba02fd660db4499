import { useEffect, useRef, useState } from 'react'
import { normalizeCode, type TotpErrorCode } from 'totp-flow'
import { useTotpFlow } from 'totp-flow/react'

/** Long enough to see the sixth digit, and to press the button oneself. */
const SUBMIT_AFTER_MS = 800

/** After these the same digits cannot become right, and sending them again would cost a try. */
const FINAL: readonly TotpErrorCode[] = ['invalid_code', 'code_reused']

/** What is typed into a code field. It goes to the flow once: by itself when it is whole, or when the person says so. */
export function useCodeEntry() {
  const flow = useTotpFlow()
  const [typed, setTyped] = useState('')
  const sent = useRef('')
  const code = normalizeCode(typed)

  useEffect(() => {
    if (!/^\d{6}$/.test(code)) return
    const timer = setTimeout(() => {
      if (code === sent.current || !flow.getView().can.submitCode) return
      sent.current = code
      flow.submitCode(code)
    }, SUBMIT_AFTER_MS)
    return () => clearTimeout(timer)
  }, [code, flow])

  return {
    typed,
    setTyped,
    /** What the button and the Enter key do. `false`: this very code was found wrong already. */
    submit(): boolean {
      const { error } = flow.getView()
      if (code === sent.current && error && FINAL.includes(error.code)) return false
      sent.current = code
      flow.submitCode(code)
      return true
    },
  }
}

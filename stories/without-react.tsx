import { useEffect, useRef } from 'react'
import type { TotpFlow } from 'totp-flow'
import type { ManagedPasskeys } from 'totp-flow/passkeys'
import { startBinding } from './binding.ts'
import { startElement } from './element.ts'

/** Wraps a page without React as the component that a story needs. */
export const ElementPage = ({ flow, passkeys }: Omit<PageProps, 'start'>) => (
  <Page start={startElement} flow={flow} passkeys={passkeys} />
)
export const BindingPage = ({ flow }: { flow: TotpFlow }) => <Page start={startBinding} flow={flow} />

interface PageProps {
  /** Returns the function that ends the page. */
  start: (root: HTMLElement, flow: TotpFlow, passkeys?: ManagedPasskeys) => () => void
  flow: TotpFlow
  passkeys?: ManagedPasskeys | undefined
}

function Page({ start, flow, passkeys }: PageProps) {
  const root = useRef<HTMLDivElement>(null)
  useEffect(() => (root.current ? start(root.current, flow, passkeys) : undefined), [start, flow, passkeys])
  return <div ref={root} />
}

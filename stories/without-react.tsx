import { useEffect, useRef } from 'react'
import type { TotpFlow } from 'totp-flow'
import { startBinding } from './binding.ts'
import { startElement } from './element.ts'

/** Pages that know nothing of React, where a story wants a component. */
export const ElementPage = ({ flow }: { flow: TotpFlow }) => <Page start={startElement} flow={flow} />
export const BindingPage = ({ flow }: { flow: TotpFlow }) => <Page start={startBinding} flow={flow} />

interface PageProps {
  /** Gives what ends the page. */
  start: (root: HTMLElement, flow: TotpFlow) => () => void
  flow: TotpFlow
}

function Page({ start, flow }: PageProps) {
  const root = useRef<HTMLDivElement>(null)
  useEffect(() => (root.current ? start(root.current, flow) : undefined), [start, flow])
  return <div ref={root} />
}

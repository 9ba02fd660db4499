/** A router that hides a route while a code is asked for there: by an <Activity>, or since something in it suspends. */
import * as React from 'react'
import { StepUpDialog, TotpFlowProvider } from 'totp-flow/react'
import { expect, it, onTestFinished } from 'vitest'
import { userEvent } from 'vitest/browser'
import { button, codeField, enroll, renderFlow } from './render-flow.tsx'

/** Suspends for as long as there is something to wait for. */
function Slow({ until }: { until: Promise<void> | null }) {
  if (until) throw until
  return null
}
type Hide = (route: React.ReactNode, isHidden: boolean) => React.ReactNode
const never = new Promise<void>(() => {})
const ways: [name: string, hide: Hide][] = [
  [
    'a suspended sibling',
    (route, isHidden) => (
      <React.Suspense fallback="Loading">
        {route}
        <Slow until={isHidden ? never : null} />
      </React.Suspense>
    ),
  ],
  [
    'the page’s own CSS',
    (route, isHidden) => <div style={isHidden ? { display: 'none' } : undefined}>{route}</div>,
  ],
]
if ('Activity' in React)
  ways.push([
    'an <Activity>',
    (route, isHidden) => <React.Activity mode={isHidden ? 'hidden' : 'visible'}>{route}</React.Activity>,
  ])

it.each(ways)(
  'a route that %s hides leaves the page usable, and prompts again afterwards',
  async (_by, hide) => {
    const ui = renderFlow(null)
    onTestFinished(ui.unmount)
    const show = (isHidden: boolean) =>
      ui.root.render(
        <TotpFlowProvider flow={ui.flow}>
          <input aria-label="Search" />
          {hide(
            <section>
              <button type="button" onClick={() => ui.flow.stepUp(['wallet:export'])}>
                Export
              </button>
              <StepUpDialog />
            </section>,
            isHidden,
          )}
        </TotpFlowProvider>,
      )
    show(false)
    await enroll(ui.flow)
    await button('Export').click()
    await expect.element(codeField()).toHaveFocus()
    await userEvent.keyboard('12')
    const search = () => document.querySelector<HTMLInputElement>('[aria-label=Search]')
    const isUsable = () => {
      search()?.focus()
      return document.activeElement === search()
    }
    show(true)
    await expect.poll(isUsable).toBe(true)
    search()?.blur()
    expect(ui.flow.getView().showsCodeField).toBe(true)
    show(false)
    await expect.element(codeField()).toHaveFocus()
    expect(isUsable()).toBe(false)
    await expect.element(codeField()).toHaveValue('12')
    await userEvent.keyboard('{Escape}')
    await expect.element(button('Export')).toHaveFocus()
    expect(isUsable()).toBe(true)
  },
)

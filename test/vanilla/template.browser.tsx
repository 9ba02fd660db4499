/** The HTML of the elements, which is bound like any page's: what each part is, is named by, does, and when it is there. */
import { expect, it, onTestFinished } from 'vitest'
import { gateTemplate } from '../../src/vanilla/gate-template.ts'
import { optional } from '../../src/vanilla/optional.ts'
import '../../src/vanilla/password-form.ts'
import { template } from '../../src/vanilla/template.ts'

/** A line for each element; without its drawings, and without the names of parts, by which it is styled. */
function outline(element: Element, depth = 0): string[] {
  if (element.localName === 'path') return []
  const own = [...element.attributes]
    .filter(({ name }) => !['part', 'width', 'height', 'viewBox'].includes(name))
    .map(({ name, value }) => (value === '' ? name : `${name}="${value}"`))
  const line = [element.localName, ...own].join(' ')
  return [`${'  '.repeat(depth)}${line}`, ...[...element.children].flatMap((one) => outline(one, depth + 1))]
}

const ELEMENT = `
section data-totp tabindex="-1" data-totp-focus data-totp-label="device.card"
  ol data-totp-show="enrolling finished" data-totp-label="enrollment.steps"
    li data-totp-step="0"
      span data-totp-words="enrollment.scan"
      span hidden data-totp-words="enrollment.done"
    li data-totp-step="1"
      span data-totp-words="enrollment.type"
      span hidden data-totp-words="enrollment.done"
    li data-totp-step="2"
      span data-totp-text="last-step"
      span hidden data-totp-words="enrollment.done"
  p data-totp-show="guarded" data-totp-words="device.guarded"
  div
    div data-totp-show="none"
      svg aria-hidden="true" data-totp-show="none"
    div data-totp-show="on"
      svg aria-hidden="true" data-totp-show="on"
    p
      span data-totp-text="status"
      span data-totp-show="loading" data-totp-words="device.loading"
    p data-totp-show="on" data-totp-text="since"
  div aria-hidden="true" data-totp-show="loading"
    span
    span
    span
  div data-totp-show="none"
    p data-totp-words="device.why"
    button type="button" data-totp-do="register" data-totp-words="device.setUp" data-totp-show="quiet passkey-alone"
    div data-totp-do="submit-password" data-totp-show="password"
      p id="enrollment-password-hint" data-totp-text="hint"
      label for="enrollment-password" data-totp-words="password.label"
      input id="enrollment-password" name="password" aria-errormessage="enrollment-password-error" aria-describedby="enrollment-password-hint" autofocus
      div
        p id="enrollment-password-error" role="alert" data-totp-text="error"
      div
        button data-totp-words="password.submit"
        button type="button" data-totp-do="cancel" data-totp-words="code.cancel"
  div data-totp-show="enrolling"
    div id="enrollment-hint"
      p data-totp-show="picture" data-totp-words="enrollment.scanHint"
      p data-totp-show="resumed"
        span data-totp-text="before-start-over"
        button type="button" data-totp-do="register" data-totp-words="enrollment.startOver"
        span data-totp-text="after-start-over"
    div data-totp-show="picture"
      a data-totp-link data-totp-words="enrollment.openApp"
      svg role="img" data-totp-qr data-totp-label="enrollment.qrCode"
      div
        details
          summary data-totp-words="enrollment.cantScan"
          p data-totp-words="enrollment.byHand"
        div
          div id="setup-key" data-totp-words="enrollment.setupKey"
          div
            div role="group" aria-labelledby="setup-key" dir="ltr" translate="no" data-totp-list="setup-key"
            button type="button" aria-describedby="setup-key" data-totp-do="copy-key" data-totp-text="copy-key"
          p data-totp-text="copy-key-note"
    div data-totp-do="submit-code"
      label for="enrollment-code" data-totp-text="label"
      input id="enrollment-code" name="code" aria-errormessage="enrollment-code-error" aria-describedby="enrollment-hint enrollment-code-note" autofocus
      div
        p id="enrollment-code-error" role="alert" data-totp-text="error"
        p data-totp-show="throttled" data-totp-text="countdown"
        p data-totp-show="help" data-totp-text="help"
        p id="enrollment-code-note" data-totp-show="calm" data-totp-text="note"
      div
        button data-totp-words="code.verify"
        button type="button" data-totp-do="cancel" data-totp-show="cancelable" data-totp-words="code.cancel"
        button type="button" data-totp-do="switch-method" data-totp-show="recovery-offered" data-totp-text="other-method"
  div data-totp-show="on"
    div
      section data-totp tabindex="-1" data-totp-show="recovery-codes" data-totp-focus data-totp-label="recovery.title"
        h2 data-totp-words="recovery.title"
        p data-totp-words="recovery.hint"
        ol dir="ltr" translate="no" data-totp-list="recovery-codes" data-totp-label="recovery.list"
        div
          button type="button" data-totp-do="copy-codes" data-totp-text="copy-codes"
          button type="button" data-totp-do="download-codes" data-totp-words="recovery.download"
          button type="button" data-totp-do="print-codes" data-totp-words="recovery.print"
        p data-totp-text="copy-codes-note"
        p id="keep-note" data-totp-text="keep-note"
        button type="button" aria-describedby="keep-note" data-totp-do="acknowledge" data-totp-words="recovery.keep"
        p role="alert" data-totp-text="codes-error"
      section data-totp aria-labelledby="codes-left" data-totp-show="renewable"
        h2 id="codes-left" data-totp-text="codes-title"
        p data-totp-show="unsaved" data-totp-words="recovery.unsaved"
        p data-totp-text="renew-why"
        div
          button type="button" data-totp-do="renew-codes" data-totp-words="recovery.renew"
          button type="button" data-totp-do="acknowledge" data-totp-show="unsaved" data-totp-words="recovery.keep"
        p role="alert" data-totp-text="codes-error"
    slot
    div
      p data-totp-words="device.removeWhy"
      button type="button" data-totp-do="delete" data-totp-words="device.remove"
  p role="alert" data-totp-show="quiet" data-totp-text="error"
  button type="button" data-totp-show="unavailable" data-totp-do="refresh" data-totp-words="device.retry"
  p role="status" data-totp-text="announcement"
  dialog data-totp aria-labelledby="challenge-title" aria-describedby="challenge-purpose challenge-hint challenge-code-note" data-totp-dialog
    h2 id="challenge-title" data-totp-text="title"
    p id="challenge-purpose" dir="auto" data-totp-text="purpose"
    div data-totp-show="code"
      div data-totp-do="submit-code"
        p id="challenge-hint" data-totp-text="hint"
        label for="challenge-code" data-totp-text="label"
        input id="challenge-code" name="code" aria-errormessage="challenge-code-error" aria-describedby="challenge-code-note" autofocus
        div
          p id="challenge-code-error" role="alert" data-totp-text="error"
          p data-totp-show="throttled" data-totp-text="countdown"
          p data-totp-show="help" data-totp-text="help"
          p id="challenge-code-note" data-totp-show="calm" data-totp-text="note"
        div
          button data-totp-words="code.verify"
          button type="button" data-totp-do="cancel" data-totp-show="cancelable" data-totp-words="code.cancel"
          button type="button" data-totp-do="switch-method" data-totp-show="recovery-offered" data-totp-text="other-method"
    div data-totp-do="submit-password" data-totp-show="password"
      p id="challenge-password-hint" data-totp-text="hint"
      label for="challenge-password" data-totp-words="password.label"
      input id="challenge-password" name="password" aria-errormessage="challenge-password-error" aria-describedby="challenge-password-hint" autofocus
      div
        p id="challenge-password-error" role="alert" data-totp-text="error"
      div
        button data-totp-words="password.submit"
        button type="button" data-totp-do="cancel" data-totp-words="code.cancel"
    div data-totp-show="confirming"
      p data-totp-text="hint"
      div
        button type="button" data-totp-do="cancel" data-totp-words="code.cancel"
        button type="button" data-totp-do="confirm-delete" data-totp-words="device.remove"
    p role="status" data-totp-text="announcement"`
const GATE = `
div
  section data-totp tabindex="-1" data-totp-focus data-totp-label="device.card" data-totp-show="gate-loading gate-unavailable gate-code gate-enrollment enrollment-due"
    div data-totp-show="gate-code"
      section aria-labelledby="gate-title" data-totp-show="challenge"
        h2 id="gate-title" data-totp-text="title"
        div data-totp-show="code"
          div data-totp-do="submit-code"
            p id="gate-hint" data-totp-text="hint"
            label for="gate-code" data-totp-text="label"
            input id="gate-code" name="code" aria-errormessage="gate-code-error" aria-describedby="gate-hint gate-code-note" autofocus
            div
              p id="gate-code-error" role="alert" data-totp-text="error"
              p data-totp-show="throttled" data-totp-text="countdown"
              p data-totp-show="help" data-totp-text="help"
              p id="gate-code-note" data-totp-show="calm" data-totp-text="note"
            div
              button data-totp-words="code.verify"
              button type="button" data-totp-do="cancel" data-totp-show="cancelable" data-totp-words="code.cancel"
              button type="button" data-totp-do="switch-method" data-totp-show="recovery-offered" data-totp-text="other-method"
    div data-totp-show="gate-enrollment"
      ol data-totp-show="enrolling finished" data-totp-label="enrollment.steps"
        li data-totp-step="0"
          span data-totp-words="enrollment.scan"
          span hidden data-totp-words="enrollment.done"
        li data-totp-step="1"
          span data-totp-words="enrollment.type"
          span hidden data-totp-words="enrollment.done"
        li data-totp-step="2"
          span data-totp-text="last-step"
          span hidden data-totp-words="enrollment.done"
      div
        div data-totp-show="none"
          svg aria-hidden="true" data-totp-show="none"
        div data-totp-show="on"
          svg aria-hidden="true" data-totp-show="on"
        p
          span data-totp-text="status"
          span data-totp-show="loading" data-totp-words="device.loading"
        p data-totp-show="on" data-totp-text="since"
      div data-totp-show="none"
        p data-totp-words="gate.enroll"
        p data-totp-words="device.why"
        button type="button" data-totp-do="register" data-totp-words="device.setUp" data-totp-show="quiet"
        div data-totp-do="submit-password" data-totp-show="password"
          p id="gate-password-hint" data-totp-text="hint"
          label for="gate-password" data-totp-words="password.label"
          input id="gate-password" name="password" aria-errormessage="gate-password-error" aria-describedby="gate-password-hint" autofocus
          div
            p id="gate-password-error" role="alert" data-totp-text="error"
          div
            button data-totp-words="password.submit"
            button type="button" data-totp-do="cancel" data-totp-words="code.cancel"
      div data-totp-show="enrolling"
        div id="enrollment-hint"
          p data-totp-show="picture" data-totp-words="enrollment.scanHint"
          p data-totp-show="resumed"
            span data-totp-text="before-start-over"
            button type="button" data-totp-do="register" data-totp-words="enrollment.startOver"
            span data-totp-text="after-start-over"
        div data-totp-show="picture"
          a data-totp-link data-totp-words="enrollment.openApp"
          svg role="img" data-totp-qr data-totp-label="enrollment.qrCode"
          div
            details
              summary data-totp-words="enrollment.cantScan"
              p data-totp-words="enrollment.byHand"
            div
              div id="setup-key" data-totp-words="enrollment.setupKey"
              div
                div role="group" aria-labelledby="setup-key" dir="ltr" translate="no" data-totp-list="setup-key"
                button type="button" aria-describedby="setup-key" data-totp-do="copy-key" data-totp-text="copy-key"
              p data-totp-text="copy-key-note"
        div data-totp-do="submit-code"
          label for="enrollment-code" data-totp-text="label"
          input id="enrollment-code" name="code" aria-errormessage="enrollment-code-error" aria-describedby="enrollment-hint enrollment-code-note" autofocus
          div
            p id="enrollment-code-error" role="alert" data-totp-text="error"
            p data-totp-show="throttled" data-totp-text="countdown"
            p data-totp-show="help" data-totp-text="help"
            p id="enrollment-code-note" data-totp-show="calm" data-totp-text="note"
          div
            button data-totp-words="code.verify"
            button type="button" data-totp-do="cancel" data-totp-show="cancelable" data-totp-words="code.cancel"
            button type="button" data-totp-do="switch-method" data-totp-show="recovery-offered" data-totp-text="other-method"
      section data-totp tabindex="-1" data-totp-show="recovery-codes" data-totp-focus data-totp-label="recovery.title"
        h2 data-totp-words="recovery.title"
        p data-totp-words="recovery.hint"
        ol dir="ltr" translate="no" data-totp-list="recovery-codes" data-totp-label="recovery.list"
        div
          button type="button" data-totp-do="copy-codes" data-totp-text="copy-codes"
          button type="button" data-totp-do="download-codes" data-totp-words="recovery.download"
          button type="button" data-totp-do="print-codes" data-totp-words="recovery.print"
        p data-totp-text="copy-codes-note"
        p id="keep-note" data-totp-text="keep-note"
        button type="button" aria-describedby="keep-note" data-totp-do="acknowledge" data-totp-words="recovery.keep"
        p role="alert" data-totp-text="codes-error"
    div data-totp-show="gate-open"
      p data-totp-text="enroll-by"
      button type="button" data-totp-do="enroll-at-gate" data-totp-words="device.setUp"
    div aria-hidden="true" data-totp-show="gate-loading"
      span
      span
      span
    div data-totp-show="quiet"
      p role="alert" data-totp-show="gate-loading gate-unavailable gate-code gate-enrollment" data-totp-text="error"
    button type="button" data-totp-show="gate-unavailable" data-totp-do="refresh" data-totp-words="device.retry"
    p role="status" data-totp-text="announcement"
  div data-totp-show="gate-loading gate-unavailable gate-code gate-enrollment"
    slot name="footer"
  div data-totp-show="gate-open"
    slot`

it.each([
  ['<totp-flow>', template, ELEMENT],
  ['<totp-gate>', gateTemplate, GATE],
])('%s contains these parts, each with its role, name, binding and visibility', (_name, make, expected) => {
  expect(optional.drawPasswordForm).toBeDefined()
  expect(`\n${outline(make()).join('\n')}`).toBe(expected)
})

it('<totp-flow> and <totp-gate> have no place for a password until its form is loaded', () => {
  const draw = optional.drawPasswordForm
  delete optional.drawPasswordForm
  onTestFinished(() => {
    if (draw) optional.drawPasswordForm = draw
  })
  for (const make of [template, gateTemplate]) {
    expect(make().querySelector('[name=code]')).not.toBeNull()
    expect(make().querySelector('[name=password], [data-totp-show=password]')).toBeNull()
  }
})

it('every part of an element is in the namespace in which a browser draws it', () => {
  const svgs = [...template().querySelectorAll('svg, path')]
  expect(svgs.length).toBeGreaterThan(3)
  for (const one of svgs) expect(one).toBeInstanceOf(SVGElement)
  for (const one of template().querySelectorAll('p, button, input, dialog'))
    expect(one).toBeInstanceOf(HTMLElement)
})

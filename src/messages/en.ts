import { sentences } from '../contract/errors.ts'
import { dateAndTime, duration } from './duration.ts'
import type { Messages } from './messages.ts'

/** English. */
export const en: Messages = {
  lang: 'en',
  dir: 'ltr',
  device: {
    on: 'Authenticator app is on',
    none: 'No authenticator app yet',
    loading: 'Loading',
    why: 'An authenticator app shows a new six-digit code every 30 seconds. With it, only you can do what matters.',
    since: (time) => `Since ${time}`,
    time: (at) => dateAndTime('en', at),
    setUp: 'Set up authenticator app',
    remove: 'Remove device',
    removeWhy: 'Changing your phone? Remove this device, then set up the new one.',
    retry: 'Try again',
  },
  enrollment: {
    steps: 'Steps',
    scan: 'Scan',
    type: 'Type',
    saved: 'Saved',
    done: ', done',
    scanHint: 'Scan this with your authenticator app, then type the six digits that it shows.',
    openApp: 'Open in an authenticator app',
    qrCode: 'QR code',
    setupKey: 'Setup key',
    copy: 'Copy',
    copied: 'Copied',
    keySelected: 'The key is selected: copy it from here.',
    resumed: (startOver) =>
      `If you scanned the code already, type the six digits that your app shows. If not, ${startOver} with a new code.`,
    startOver: 'start over',
  },
  code: {
    label: '6-digit code',
    recoveryLabel: 'Recovery code',
    note: 'Your app shows a new code every 30 seconds.',
    recoveryNote: 'Each recovery code works once.',
    verify: 'Verify',
    cancel: 'Cancel',
    useRecoveryCode: 'Use a recovery code instead',
    useApp: 'Use your authenticator app instead',
    wait: (seconds) => `${duration('en', seconds)} left.`,
  },
  challenge: {
    title: 'Confirm it’s you',
    removeTitle: 'Remove authenticator app',
    hint: 'Type the code from your authenticator app to go on.',
    removeHint: 'Type the code from the app that you are about to remove.',
    recoveryHint: 'Type one of the recovery codes that you saved when you set up the app.',
  },
  recovery: {
    title: 'Save your recovery codes',
    hint: 'If you lose your phone, one of these lets you in. Keep them somewhere safe: they are not shown again.',
    list: 'Recovery codes',
    copy: 'Copy codes',
    copied: 'Copied',
    selected: 'The codes are selected: copy them from here.',
    download: 'Download',
    file: 'recovery-codes.txt',
    keep: 'I have saved these codes',
  },
  errors: sentences,
  recoveryErrors: {
    invalid_code: 'That recovery code didn’t match. Check it, or use another one.',
    code_reused: 'That recovery code was already used. Use another one.',
    malformed_code: 'Type one of your recovery codes.',
    bad_request: 'That doesn’t look like a recovery code. Check it and try again.',
  },
}

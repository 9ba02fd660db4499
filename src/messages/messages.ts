import type { TotpErrorCode } from '../contract/errors.ts'
import type { PasskeyMessages } from './passkeys/messages.ts'

/**
 * Every word of the interface. Replace any of them: `{ ...en, device: { ...en.device, on: 'Protected' } }`. Or write your own
 * language: the compiler lists what is missing.
 */
export interface Messages {
  /** The language (BCP 47), for `lang` and for the browser's numbers, dates and units. */
  lang: string
  /** The direction of the script, for `dir`. */
  dir: 'ltr' | 'rtl'
  /** The account's card: whether an app is on, and the buttons that set it up or remove it. */
  device: {
    on: string
    none: string
    /** The name of the card for screen readers. */
    card: string
    loading: string
    /** Why to set up an app. */
    why: string
    /** What it means that the app is on. */
    guarded: string
    /** When the app was set up. `time` comes from `time()`. */
    since(time: string): string
    /** A date and a time in the language's format: `dateAndTime(lang, at)`. */
    time(at: Date): string
    setUp: string
    remove: string
    /** Next to the button that removes the app. */
    removeWhy: string
    /** The button after the devices could not be loaded. */
    retry: string
    /** Replaces the whole interface in a browser that cannot run it. */
    unsupported: string
  }
  /** The enrollment: the steps, the QR code, the setup key. */
  enrollment: {
    steps: string
    scan: string
    type: string
    /** The third step, while there are recovery codes to save. */
    save: string
    /** The third step, when the app is on. */
    finished: string
    /** Spoken after the name of a completed step. */
    done: string
    scanHint: string
    openApp: string
    qrCode: string
    cantScan: string
    byHand: string
    setupKey: string
    copy: string
    copied: string
    /** Shown if the browser does not allow copying. */
    keySelected: string
    /** Shown after a reload. `startOver` is the text of the button within the sentence. */
    resumed(startOver: string): string
    startOver: string
  }
  /** The code field: its label, notes and buttons. */
  code: {
    label: string
    recoveryLabel: string
    note: string
    /** Follows `note` if a complete code is submitted automatically. */
    automatic: string
    recoveryNote: string
    /** Shown if a code of the app was entered as a recovery code. */
    isAppCode: string
    /** Shown if the field was submitted empty. */
    empty: string
    /** Shown from the second wrong code on. */
    help: string
    verify: string
    cancel: string
    useRecoveryCode: string
    useApp: string
    /** The remaining wait, in seconds. */
    wait(seconds: number): string
  }
  /** The dialog of a step-up or a removal, above its code field. */
  challenge: {
    title: string
    removeTitle: string
    hint: string
    removeHint: string
    recoveryHint: string
    /** What the person is about to do, by the required scope. Shows nothing for a scope that is not listed. */
    purposes: Readonly<Record<string, string>>
  }
  /** The gate at sign-in, if a second factor is required. */
  gate: {
    /** Above the button that sets up the app, if the enrollment cannot be postponed. */
    enroll: string
    /** The same if it can be postponed. `time` comes from `device.time()`. */
    enrollBy(time: string): string
  }
  /** The prompt for the account's password, for a service that takes one to set up, to remove or for new recovery codes. */
  password: {
    label: string
    hint: string
    /** Shown if the field was submitted empty. */
    empty: string
    submit: string
  }
  /** For pages with passkeys: one of `totp-flow/messages/passkeys`. @default English, once passkeys are loaded */
  passkeys?: PasskeyMessages
  /** New recovery codes until they are saved, and afterwards how many are left. */
  recovery: {
    title: string
    hint: string
    list: string
    copy: string
    copied: string
    /** Shown if the browser does not allow copying. */
    selected: string
    download: string
    print: string
    /** The name of the downloaded file. */
    file: string
    /** Why the person cannot confirm yet that the codes are saved. */
    takeFirst: string
    keep: string
    /** How many are left, as a heading. */
    left(count: number): string
    /** Shown if the codes were never confirmed as saved, for example after a reload. */
    unsaved: string
    /** What generating new codes does to the old ones. */
    renewWhy: string
    renew: string
  }
  /** What screen readers announce, if no visible text says it. */
  announcements: {
    enabled: string
    removed: string
    /** While checking a code takes long. */
    checking: string
    /** At the start of a wait: how long it is, in seconds. */
    wait(seconds: number): string
    /** At the end of a wait. */
    tryAgain: string
    keyCopied: string
    codesCopied: string
    codesSaved: string
    /** New recovery codes were generated, which invalidated the old ones. */
    codesReplaced: string
  }
  /** What happened and what to do, for each error code. */
  errors: Record<TotpErrorCode, string>
  /** The sentences that differ for a recovery code. */
  recoveryErrors: Partial<Record<TotpErrorCode, string>>
}

import type { TotpErrorCode } from '../contract/errors.ts'
import type { PasskeyMessages } from './passkeys/messages.ts'

/**
 * Every word that the interface says. Replace any of them: `{ ...en, device: { ...en.device, on: 'Guarded' } }`; or
 * write a language of your own, and the compiler lists what is missing.
 */
export interface Messages {
  /** BCP 47, for `lang` and for what the browser writes: numbers, dates, units. */
  lang: string
  /** Which way the language is written, for `dir`. */
  dir: 'ltr' | 'rtl'
  /** The card of the account: whether an app is on, and the buttons that set it up or remove it. */
  device: {
    on: string
    none: string
    /** What the card is called where the focus comes into it. */
    card: string
    loading: string
    /** Why one would set it up. */
    why: string
    /** What it means that it is on. */
    guarded: string
    /** When it was set up; `time` comes from `time()`. */
    since(time: string): string
    /** A day and a time as the language writes them: `dateAndTime(lang, at)`. */
    time(at: Date): string
    setUp: string
    remove: string
    /** Next to the button that removes it. */
    removeWhy: string
    /** The button where the backend could not be asked. */
    retry: string
    /** Where a browser cannot run it, in the place of all of it. */
    unsupported: string
  }
  /** Setting up: the steps, the QR code, the setup key. */
  enrollment: {
    steps: string
    scan: string
    type: string
    /** The third step, while there are recovery codes to save. */
    save: string
    /** The third step, when the app is on. */
    finished: string
    /** Said after the name of a step that is behind. */
    done: string
    scanHint: string
    openApp: string
    qrCode: string
    cantScan: string
    byHand: string
    setupKey: string
    copy: string
    copied: string
    /** Where the browser lends no clipboard. */
    keySelected: string
    /** After a reload; `startOver` is the word that is the button. */
    resumed(startOver: string): string
    startOver: string
  }
  /** Around the code field, wherever one is: its label, notes and buttons. */
  code: {
    label: string
    recoveryLabel: string
    note: string
    /** Said after `note` where a code goes by itself once it is complete. */
    automatic: string
    recoveryNote: string
    /** Where one of the app's codes was given as a recovery code. */
    isAppCode: string
    /** Where none was typed. */
    empty: string
    /** Shown from the second wrong code on. */
    help: string
    verify: string
    cancel: string
    useRecoveryCode: string
    useApp: string
    /** How long a wait lasts still, in seconds. */
    wait(seconds: number): string
  }
  /** The dialog of a step-up or a removal, above its code field. */
  challenge: {
    title: string
    removeTitle: string
    hint: string
    removeHint: string
    recoveryHint: string
    /** What a person is about to do, by the scope that it needs. Nothing is said of a scope that is not named here. */
    purposes: Readonly<Record<string, string>>
  }
  /** Where a second factor is needed to sign in. */
  gate: {
    /** Above the button that sets it up, when nothing can be done without. */
    enroll: string
    /** The same while it can be put off; `time` comes from `device.time()`. */
    enrollBy(time: string): string
  }
  /** Where a service takes the account's password to set up, to remove or for new recovery codes. */
  password: {
    label: string
    hint: string
    /** Where none was typed. */
    empty: string
    submit: string
  }
  /** For pages with passkeys: one of `totp-flow/messages/passkeys`. @default English, once passkeys are loaded */
  passkeys?: PasskeyMessages
  /** New recovery codes until they are kept, and afterwards how many are left. */
  recovery: {
    title: string
    hint: string
    list: string
    copy: string
    copied: string
    /** Where the browser lends no clipboard. */
    selected: string
    download: string
    print: string
    /** The name of the file that is downloaded. */
    file: string
    /** Why that cannot be confirmed yet. */
    takeFirst: string
    keep: string
    /** How many are left, as a heading. */
    left(count: number): string
    /** Nobody said that the codes are kept; the page may have been reloaded while it showed them. */
    unsaved: string
    /** What making new ones does to the old. */
    renewWhy: string
    renew: string
  }
  /** What a screen reader is told of what has happened, where that is not seen to be said. */
  announcements: {
    enabled: string
    removed: string
    /** When checking a code takes long. */
    checking: string
    /** How long a wait lasts, in seconds, at its beginning. */
    wait(seconds: number): string
    /** At its end. */
    tryAgain: string
    keyCopied: string
    codesCopied: string
    codesSaved: string
    /** New recovery codes were made, which ended the old ones. */
    codesReplaced: string
  }
  /** What happened and what to do, for each code that an error can carry. */
  errors: Record<TotpErrorCode, string>
  /** Those that read differently where the code was a recovery code. */
  recoveryErrors: Partial<Record<TotpErrorCode, string>>
}

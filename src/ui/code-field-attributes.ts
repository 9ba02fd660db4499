import type { CodeMethod } from './code-prompt.ts'

/** What the input of each kind of code says to keyboards, autofill and assistive technology (names as in React). */
export const codeFieldAttributes = {
  app: {
    inputMode: 'numeric',
    autoComplete: 'one-time-code',
    autoCapitalize: 'none',
    maxLength: 12,
    placeholder: '000000',
    dir: 'ltr',
    spellCheck: false,
  },
  recovery: {
    inputMode: 'text',
    autoComplete: 'off',
    autoCapitalize: 'none',
    maxLength: 64,
    placeholder: 'xxxxx-xxxxx',
    dir: 'ltr',
    spellCheck: false,
  },
} as const satisfies Record<CodeMethod, object>

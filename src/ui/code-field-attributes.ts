import type { CodeMethod } from './code-prompt.ts'

/**
 * What the input of each kind of code says to keyboards, autofill and assistive technology (names as in React). No `maxLength`: it would cut
 * what is pasted, and a code may stand at its end.
 */
export const codeFieldAttributes = {
  app: {
    inputMode: 'numeric',
    autoComplete: 'one-time-code',
    autoCapitalize: 'none',
    // Six digits of any script, and what people put between them.
    pattern: '[\\s\\-]*(\\p{Nd}[\\s\\-]*){6}',
    dir: 'ltr',
    spellCheck: false,
  },
  recovery: {
    inputMode: 'text',
    autoComplete: 'off',
    autoCapitalize: 'none',
    pattern: undefined,
    dir: 'ltr',
    spellCheck: false,
  },
} as const satisfies Record<CodeMethod, object>

import type { CodeMethod } from './code-prompt.ts'

/**
 * The attributes of a code's input for keyboards, autofill and assistive technology, with React's names. There is no `maxLength`:
 * it would cut a pasted message, and the code may be at its end.
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

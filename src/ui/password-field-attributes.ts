/** The attributes of the password's input for password managers and assistive technology, with React's names. */
export const passwordFieldAttributes = {
  type: 'password',
  name: 'password',
  autoComplete: 'current-password',
  autoCapitalize: 'none',
  spellCheck: false,
  enterKeyHint: 'go',
} as const

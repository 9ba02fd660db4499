/** What the input of the password says to password managers and assistive technology (names as in React). */
export const passwordFieldAttributes = {
  type: 'password',
  name: 'password',
  autoComplete: 'current-password',
  autoCapitalize: 'none',
  spellCheck: false,
  enterKeyHint: 'go',
} as const

/** Line and paragraph separators end a line; bidirectional controls reorder what follows; the others steer a terminal. */
const CONTROLS = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/** Makes a foreign text, such as a user id, safe for a terminal: escapes control characters as JSON does (`\u001b`). */
export const printable = (text: string): string =>
  text.replace(CONTROLS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)

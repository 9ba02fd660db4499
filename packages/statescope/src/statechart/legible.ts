/** Characters that XML forbids (https://www.w3.org/TR/xml/#charsets), and those that reverse the text around them. */
const ILLEGIBLE = /[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|[\u202a-\u202e\u2066-\u2069]/gu

/** Replaces every such character with `\ufffd`. */
export const legible = (text: string) => text.toWellFormed().replace(ILLEGIBLE, '\ufffd')

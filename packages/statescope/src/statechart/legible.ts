/** What no XML document may hold: https://www.w3.org/TR/xml/#charsets. And what turns the text around it the other way. */
const ILLEGIBLE = /[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|[\u202a-\u202e\u2066-\u2069]/gu

/** Puts `\ufffd` in the place of every character that cannot be written down, or makes text look like another one. */
export const legible = (text: string) => text.toWellFormed().replace(ILLEGIBLE, '\ufffd')

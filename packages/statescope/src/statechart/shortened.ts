/** The most characters in a line; the title has all of them. */
export const LONGEST = 44
export const cut = (text: string) => `${[...text].slice(0, LONGEST - 1).join('')}…`
export const shortened = (text: string) => ([...text].length > LONGEST ? cut(text) : text)

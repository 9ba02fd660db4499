/** More characters are not read in a line; the title has them all. */
export const LONGEST = 44
export const cut = (text: string) => `${[...text].slice(0, LONGEST - 1).join('')}…`
export const shortened = (text: string) => ([...text].length > LONGEST ? cut(text) : text)

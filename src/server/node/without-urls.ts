/** Removes URLs from a text for people, up to the end of the line, since a password may hold spaces. Keeps `file:` URLs. */
export const withoutUrls = (text: string): string => text.replace(/(?<!\bfile):\/\/.*/gi, '://[url]')

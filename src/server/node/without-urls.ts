/** A text for people, without what follows the scheme of a URL on its line: a password may hold spaces. Files may be named. */
export const withoutUrls = (text: string): string => text.replace(/(?<!\bfile):\/\/.*/gi, '://[url]')

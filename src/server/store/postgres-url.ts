/** At most one @, before the host. With another one, a piece of the password would be taken for the host, and shown as such. */
const ONE_AT = /^\w+:\/\/(?:[^/?#@]*@)?[^@]*$/

/** Whether nothing in it can be taken for another part than it is. */
export const isUnambiguous = (url: string): boolean => ONE_AT.test(url)

const PARTS = /^(\w+:\/\/(?:[^/?#@]*@)?)([^/?#]*)([^?#]*)(.*)$/s

function partsOf(url: string) {
  const [, start = url, hosts = '', path = '', query = ''] = PARTS.exec(url) ?? []
  return { start, hosts, path, query }
}

/** A URL for each host of `postgres://user@one,two:5433/database`, in their order. */
export function urlsOf(url: string): string[] {
  const { start, hosts, path, query } = partsOf(url)
  return hosts.split(',').map((host) => `${start}${host}${path}${query}`)
}

/** Hosts and database alone: a password can stand before them, and in the query. */
export function placeOfPostgres(url: string): string {
  const { hosts, path } = partsOf(url)
  return `PostgreSQL at ${hosts || 'its default host'}${path}`
}

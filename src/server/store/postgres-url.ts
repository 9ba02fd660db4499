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

const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify']

/** What `pg` reads of TLS. Another name would be ignored, and the connection be less safe than it was meant to be. */
const OF_TLS = new Set(['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'sslnegotiation'])

/** How others name the schema: ignored, the tables would lie in another one. */
const SCHEMA = new Set(['search_path', 'schema', 'currentSchema'])

function isEscaped(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/**
 * What in a URL would be ignored or misread, in words that quote nothing but known names: a piece of a password can stand
 * anywhere in a URL that is written wrongly.
 */
export function problemOfUrl(url: string): string | undefined {
  const { query } = partsOf(url)
  if (!isEscaped(url)) return 'The database URL has a % that begins no escape. Write it as %25'
  const parameters = [...new URLSearchParams(query.split('#')[0])]
  for (const [index, [name, value]] of parameters.entries()) {
    if (name === 'sslmode' && !SSL_MODES.includes(value))
      return `The database URL has an sslmode that does not exist. It takes ${SSL_MODES.join(', ')}`
    if (SCHEMA.has(name) && value !== 'public')
      return `The database URL has the parameter ${name}, which would be ignored. Write options=-c%20search_path%3D… instead`
    if (/^ssl/i.test(name) && !OF_TLS.has(name))
      return `The database URL has a parameter of TLS that would be ignored: number ${index + 1} after the ?. It takes ${[...OF_TLS].join(', ')}`
  }
  return undefined
}

/** At most one @, before the host. With a second one, part of the password would be taken for the host, and shown as such. */
const ONE_AT = /^\w+:\/\/(?:[^/?#@]*@)?[^@]*$/

/** Whether no part of it can be mistaken for another. */
export const isUnambiguous = (url: string): boolean => ONE_AT.test(url)

const PARTS = /^(\w+:\/\/(?:[^/?#@]*@)?)([^/?#]*)([^?#]*)(.*)$/s

function partsOf(url: string) {
  const [, start = url, hosts = '', path = '', query = ''] = PARTS.exec(url) ?? []
  return { start, hosts, path, query }
}

/** Returns one URL for each host of `postgres://user@one,two:5433/database`, in the same order. */
export function urlsOf(url: string): string[] {
  const { start, hosts, path, query } = partsOf(url)
  return hosts.split(',').map((host) => `${start}${host}${path}${query}`)
}

/** Only the hosts and the database: a password can stand before them, and in the query. */
export function placeOfPostgres(url: string): string {
  const { hosts, path } = partsOf(url)
  return `PostgreSQL at ${hosts || 'its default host'}${path}`
}

const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify']

/** The TLS parameters that `pg` reads. Any other would be ignored, and the connection less secure than intended. */
const OF_TLS = new Set(['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'sslnegotiation'])

/** Other names for the schema. They would be ignored, and the tables would end up in another schema. */
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
 * Says which part of a URL would be ignored or misread, without quoting anything but known names: part of a password can be
 * anywhere in a malformed URL.
 */
export function problemOfUrl(url: string): string | undefined {
  const { query } = partsOf(url)
  if (!isEscaped(url)) return 'The database URL has a % that does not begin an escape. Write it as %25'
  const parameters = [...new URLSearchParams(query.split('#')[0])]
  for (const [index, [name, value]] of parameters.entries()) {
    if (name === 'sslmode' && !SSL_MODES.includes(value))
      return `The database URL has an sslmode that does not exist. It takes ${SSL_MODES.join(', ')}`
    if (SCHEMA.has(name) && value !== 'public')
      return `The database URL has the parameter ${name}, which would be ignored. Write options=-c%20search_path%3D… instead`
    if (/^ssl/i.test(name) && !OF_TLS.has(name))
      return `The database URL has a TLS parameter that would be ignored: number ${index + 1} after the ?. It takes ${[...OF_TLS].join(', ')}`
  }
  return undefined
}

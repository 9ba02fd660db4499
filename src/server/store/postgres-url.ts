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

/** What `pg` reads. */
const READ = new Set(
  `user password host port db encoding client_encoding application_name fallback_application_name options replication
  binary ssl sslmode sslcert sslkey sslrootcert sslnegotiation uselibpqcompat statement_timeout lock_timeout
  idle_in_transaction_session_timeout query_timeout connectionTimeoutMillis keepAlive keepAliveInitialDelayMillis`.split(
    /\s+/,
  ),
)

/** What providers and other clients put into a URL, and what changes nothing here. */
const HARMLESS =
  /^(?:channel_binding|connect_timeout|target_session_attrs|gssencmode|keepalives\w*|tcp_user_timeout|pgbouncer|connection_limit|pool_timeout|supa)$/

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
    if (SCHEMA.has(name))
      return `The database URL has the parameter ${name}, which would be ignored. Write options=-c%20search_path%3D… instead`
    if (!READ.has(name) && !HARMLESS.test(name))
      return `The database URL has a parameter that does not exist: number ${index + 1} after the ?. Remove it`
  }
  return undefined
}

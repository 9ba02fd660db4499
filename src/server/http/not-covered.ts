import { TotpFlowError } from '../../contract/errors.ts'

/**
 * The error for calls of Dynamic's SDK that are not about second factors. It names the call, so that a developer who
 * runs an app against this server sees which one is missing. Parts of the path that look like an id are replaced.
 */
export function notCovered(method: string, path: string): TotpFlowError {
  const call = `${method} ${path.split('/').map(nameOf).join('/')}`.slice(0, 100)
  return new TotpFlowError('not_covered', {
    message: `Not covered here: ${call}. This server does authenticator apps, recovery codes, step-up and sessions.`,
  })
}

const nameOf = (part: string) => (/^[A-Za-z-]{0,32}$/.test(part) ? part : ':id')

/** Calls that the SDK makes on our paths for other purposes: deleting the user, or updating the user's data. */
export const isOfAnotherEnd = (method: string, path: string, body?: unknown): boolean =>
  path === '/users' &&
  (method === 'DELETE' ||
    (method === 'PUT' &&
      typeof body === 'object' &&
      body !== null &&
      Object.keys(body).length > 0 &&
      Object.keys(body).every((field) => /^[a-z][A-Za-z]*$/.test(field)) &&
      !('mfaBackupCodeAcknowledgement' in body)))

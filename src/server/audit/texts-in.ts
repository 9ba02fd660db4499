/** The texts in a parsed body or another object. Any of them may be a secret. */
export const textsIn = (body: unknown): string[] =>
  typeof body === 'object' && body !== null
    ? Object.values(body).filter((value) => typeof value === 'string')
    : []

/** A JWT with these claims, signed by nobody. */
export const jwtOf = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`

const user = { id: 'ann', projectEnvironmentId: 'e', verifiedCredentials: [], missingFields: [] }
/** An answer to a code that was right. */
export const verified = { user, jwt: 'a.b.c', minifiedJwt: jwtOf({ iat: 1000 }), expiresAt: 2000 }

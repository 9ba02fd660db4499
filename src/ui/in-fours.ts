/** A setup key in groups of four, as people read it out. */
export const inFours = (secret: string): string[] => secret.match(/.{1,4}/g) ?? []

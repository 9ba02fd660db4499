import type { Elevation } from './totp.types.ts'

/** Held, and not past its end. The server has the last word; this keeps a button from lying. */
export const isLive = (elevation: Elevation | null, now: number): elevation is Elevation =>
  elevation !== null && elevation.expiresAt > now

import { totp } from '../../../../lib/totp.ts'

export const GET = totp.fetch
export const POST = totp.fetch
export const PUT = totp.fetch
export const DELETE = totp.fetch

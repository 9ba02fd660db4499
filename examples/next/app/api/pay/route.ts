import { totp } from '../../../lib/totp.ts'

export const POST = totp.requireElevation('invoice:pay')((_request, user) =>
  Response.json({ paidBy: user.userId }),
)

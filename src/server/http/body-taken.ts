import { TotpFlowError } from '../../contract/errors.ts'

/** Something in front of the server has read the body and kept none of it: the host's mistake, not the caller's. */
export const bodyTaken = () =>
  new TotpFlowError('server', {
    message:
      'Something read the body of this request before totp-flow did, and did not leave it in request.body. Mount totp-flow before what reads bodies.',
  })

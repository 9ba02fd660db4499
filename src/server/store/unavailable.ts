import { TotpFlowError } from '../../contract/errors.ts'

/** The store cannot be reached, or takes no writes for now: an outage (503), and no fault of the call. */
export class StoreUnavailable extends TotpFlowError {
  constructor(cause: unknown) {
    super('server', { cause })
  }

  override get status(): number {
    return 503
  }
}

/** When a client may try again: the retries of the store lasted longer already. */
export const RETRY_AFTER_SECONDS = 2

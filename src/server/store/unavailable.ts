import { TotpFlowError } from '../../contract/errors.ts'

/** The store cannot be reached, or accepts no writes for now: an outage (503), not the caller's fault. */
export class StoreUnavailable extends TotpFlowError {
  constructor(cause: unknown) {
    super('server', { cause })
  }

  override get status(): number {
    return 503
  }
}

/** When a client may retry. The store's own retries already took longer. */
export const RETRY_AFTER_SECONDS = 2

import { TotpFlowError } from '../../contract/errors.ts'

/** The path exists but does not accept the method. `allow` lists those that it accepts (RFC 9110 §15.5.6). */
export class MethodNotAllowed extends TotpFlowError {
  /** The value of the `Allow` header. */
  readonly allow: string

  constructor(methods: readonly string[]) {
    super('method_not_allowed')
    this.allow = methods.join(', ')
  }
}

import { TotpFlowError } from '../../contract/errors.ts'

/** A path that exists, and a method that it does not take. `allow` lists those that it does (RFC 9110 §15.5.6). */
export class MethodNotAllowed extends TotpFlowError {
  /** The value of the `Allow` header. */
  readonly allow: string

  constructor(methods: readonly string[]) {
    super('method_not_allowed')
    this.allow = methods.join(', ')
  }
}

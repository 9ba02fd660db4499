/**
 * `totp-flow/standalone`: everything that a page without a build step needs, with its dependencies, in one file for
 * `<script type="module">`. Importing it defines `<totp-flow>` with its styles.
 */
export { createElevatedFetch } from '../client/elevated-fetch.ts'
export { httpBackend } from '../client/http-backend.ts'
export { TotpFlowError } from '../contract/errors.ts'
export { Sealed } from '../contract/sealed.ts'
export { createTotpFlow } from '../flow/create-totp-flow.ts'
export { ar } from '../messages/ar.ts'
export { de } from '../messages/de.ts'
export { en } from '../messages/en.ts'
export { bindTotpFlow } from '../vanilla/bind.ts'
export { TotpFlowElement } from '../vanilla/element.ts'

import '../vanilla/element-password.ts'

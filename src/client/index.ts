/** `totp-flow/client`: a backend over HTTP, and a `fetch` that asks for a code when a server wants one. */
export { createElevatedFetch } from './elevated-fetch.ts'
export { type HttpBackendOptions, httpBackend } from './http-backend.ts'

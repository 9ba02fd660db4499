import { expect, it } from 'vitest'
import { routes } from '../../../src/contract/wire/routes.ts'

it('the routes that take a proof name the scope it must be good for', () => {
  const proofs = Object.entries(routes).flatMap(([name, route]) =>
    'proof' in route ? [[name, route.proof]] : [],
  )
  expect(Object.fromEntries(proofs)).toEqual({
    registerTotpMfaDevice: 'credential:link',
    createNewMfaRecoveryCodes: 'credential:update',
    deleteMfaDevice: 'credential:unlink',
  })
})

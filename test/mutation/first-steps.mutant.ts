import { expect, it } from 'vitest'
import { totpMachine } from '../../machines/totp.machine.ts'
import { brokenOnFirstSteps } from './first-steps.ts'

it('the rules, on the first steps', () => {
  expect(brokenOnFirstSteps(totpMachine)).toBeNull()
}, 120_000)

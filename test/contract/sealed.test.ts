import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { Sealed } from '../../src/contract/sealed.ts'

const secret = 'JBSWY3DPEHPK3PXP'
const ways: Record<string, (value: unknown) => string> = {
  'JSON.stringify': (value) => JSON.stringify({ value }),
  'util.inspect': (value) => inspect({ value }, { depth: Infinity, showHidden: true }),
  structuredClone: (value) => inspect(structuredClone({ value }), { depth: Infinity, showHidden: true }),
  'a template': (value) => `${value}`,
  spread: (value) => JSON.stringify({ ...(value as object) }),
}

for (const [name, show] of Object.entries(ways)) {
  it(`a sealed secret cannot be seen through ${name}`, () => {
    expect(show(Sealed.of(secret))).not.toContain(secret)
  })
  it(`the cause of an error cannot be seen through ${name}`, () => {
    const error = TotpFlowError.from(new Error(`code ${secret} is bad`))
    expect(show(error)).not.toContain(secret)
  })
}

it('a sealed value opens where it is used', () => {
  expect(Sealed.of(secret).unseal()).toBe(secret)
})

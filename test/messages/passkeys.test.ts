import * as catalogs from 'totp-flow/messages'
import * as passkeys from 'totp-flow/messages/passkeys'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { en } from '../../src/messages/en.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.resetModules()
})

const languages = Object.entries(passkeys)

it('there are words about passkeys in each language of the catalogs, by the same name', () => {
  const named = Object.entries(catalogs).flatMap(([name, one]) => (typeof one === 'object' ? [name] : []))
  expect(languages.map(([name]) => name).sort()).toEqual(named.sort())
})

describe.each(languages)('in %s', (name, words) => {
  it('every word about passkeys is there, and is no English one', () => {
    const said = textsOf(words)
    expect(said.every((text) => text.trim() !== '')).toBe(true)
    const shared = said.filter((text) => textsOf(passkeys.en).includes(text))
    // Words that German shares with English.
    const ALSO_ENGLISH = ['Passkey', 'Passkeys', 'Name']
    if (name !== 'en') expect(shared.filter((text) => !ALSO_ENGLISH.includes(text))).toEqual([])
  })

  it('a sentence about one passkey holds its name, and one about a time holds that', () => {
    for (const say of [words.confirmRemoval, words.renameOne, words.removeOne, words.added, words.lastUsed])
      expect(say('N-1')).toContain('N-1')
  })
})

it('a catalog says its own words about passkeys', async () => {
  const { passkeyWords } = await import('../../src/messages/passkeys/words-in.ts')
  expect(passkeyWords({ ...en, lang: 'de', passkeys: passkeys.de })).toBe(passkeys.de)
  expect(passkeyWords(en).use).toBe(passkeys.en.use)
})

it('a catalog in another language without words about passkeys is told of once', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  const { passkeyWords } = await import('../../src/messages/passkeys/words-in.ts')
  for (let nth = 0; nth < 2; nth += 1) expect(passkeyWords({ ...en, lang: 'de' }).use).toBe(passkeys.en.use)
  expect(told.mock.calls.flat()).toEqual([expect.stringContaining('totp-flow/messages/passkeys')])
})

/** All that a catalog says; of what it says by a function, that of nothing. */
function textsOf(words: passkeys.PasskeyMessages): string[] {
  return Object.values(words).flatMap((one) =>
    typeof one === 'string'
      ? [one]
      : typeof one === 'function'
        ? []
        : Object.values(one as Record<string, string>),
  )
}

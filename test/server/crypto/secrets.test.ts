/** Values under the master key, and keys that change while a server runs. */
import { expect, it } from 'vitest'
import {
  createSecrets,
  doesNotOpen,
  isGuessable,
  isSealedByUnknownKey,
  newMasterKey,
} from '../../../src/server/crypto/secrets.ts'
import { masterKeyOf } from '../../support/world.ts'

const [OLD, NEW] = [masterKeyOf(1), masterKeyOf(2)]
const toKey = (bytes: Iterable<number>) => Buffer.from([...bytes]).toString('base64')

it('a value sealed by a key added since the server started opens', async () => {
  let keys = OLD
  const secrets = createSecrets(() => keys)
  const before = await secrets.seal('first', 'place')
  expect(await secrets.open(before, 'place')).toBe('first')
  keys = `${NEW},${OLD}`
  const byAnotherNode = await createSecrets(keys).seal('second', 'place')
  expect(await secrets.open(byAnotherNode, 'place')).toBe('second')
  expect(await secrets.open(before, 'place')).toBe('first')
})

it('a key put first seals the next value, and a removed key opens nothing', async () => {
  let keys = `${OLD} ${NEW}`
  const secrets = createSecrets(() => keys)
  const old = await secrets.seal('old', 'place')
  const oldId = await secrets.keyId()
  keys = NEW
  const fresh = await secrets.seal('new', 'place')
  expect(await secrets.keyId()).not.toBe(oldId)
  expect(fresh.startsWith(`${await secrets.keyId()}.`)).toBe(true)
  const error: unknown = await secrets.open(old, 'place').catch((thrown: unknown) => thrown)
  expect(isSealedByUnknownKey(error)).toBe(true)
})

it.each([4, 8, 12, 15])('a value whose tag was cut to %i bytes does not open', async (length) => {
  const secrets = createSecrets(OLD)
  const [id, iv, tag = ''] = (await secrets.seal('', 'place')).split('.')
  const short = Buffer.from(tag, 'base64url').subarray(0, length).toString('base64url')
  const error: unknown = await secrets
    .open([id, iv, short].join('.'), 'place')
    .catch((thrown: unknown) => thrown)
  expect(doesNotOpen(error)).toBe(true)
})

it.each(['', '.', '..', 'no value', 'a.b.c.d'])(
  '%j does not open, and is reported as such',
  async (sealed) => {
    const error: unknown = await createSecrets(OLD)
      .open(sealed, 'place')
      .catch((thrown: unknown) => thrown)
    expect(doesNotOpen(error)).toBe(true)
  },
)

it('the same text sealed twice is different each time', async () => {
  const secrets = createSecrets(OLD)
  expect(await secrets.seal('text', 'place')).not.toBe(await secrets.seal('text', 'place'))
})

it.each([
  ['of few different bytes', Array.from({ length: 32 }, (_, index) => (index * index * 37) % 15)],
  ['that counts up', Array.from({ length: 32 }, (_, index) => index + 128)],
  ['that is text', Buffer.from('correct horse battery staple 123')],
])('a master key %s is guessable', (_, bytes) => {
  expect(isGuessable(toKey(bytes))).toBe(true)
  expect(isGuessable(`${NEW},${toKey(bytes)}`)).toBe(true)
})

it('a random master key is not guessable', () => {
  for (let index = 0; index < 200; index++) expect(isGuessable(newMasterKey())).toBe(false)
})

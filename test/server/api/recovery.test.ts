import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newRecoveryCodes } from '../../../src/server/codes/recovery-codes.ts'
import type { Store } from '../../../src/server/store/store.ts'
import { createWorld, stores, type World } from '../../support/world.ts'

const VERIFY = '/users/mfa/auth/totp'
const RECOVER = '/users/mfa/auth/recovery'
const CODES = '/users/mfa/recovery'

describe.each(stores)('on %s', (_, makeStore) => {
  let world: World
  beforeEach(() => {
    world = createWorld(makeStore)
  })
  afterEach(() => world.close())

  const recover = (as: string, code: string, more: Record<string, unknown> = {}) =>
    world.call('POST', RECOVER, { as, body: { code, ...more } })
  const left = async (as: string) => (await world.call('GET', CODES, { as })).body
  const elevate = async (as: string, secret: string, scope: string) => {
    const { body } = await world.call('POST', VERIFY, {
      as,
      body: { code: world.codeOf(secret), requestedScopes: [scope] },
    })
    world.tick()
    return { 'x-dyn-elevated-access-token': String(body.elevatedAccessToken) }
  }
  const signIn = async () => {
    const { body } = await world.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } })
    return { authorization: `Bearer ${body.minifiedJwt}` }
  }
  /** In a session of ours: its headers before the enrollment, and since. */
  const enrollInSession = async () => {
    const before = await signIn()
    const { id, secret } = (await world.call('GET', '/users/mfa/register/totp', { headers: before })).body
    const { body } = await world.call('POST', VERIFY, {
      headers: before,
      body: { code: world.codeOf(secret) },
    })
    return { id, secret, before, since: { authorization: `Bearer ${body.minifiedJwt}` } }
  }
  const remake = (as: string, headers: Record<string, string> = {}) =>
    world.call('POST', CODES, { as, headers })

  it('a user who lost the phone signs in, gets back in by a recovery code, removes the device and enrolls a new one', async () => {
    const first = await signIn()
    const old = (await world.call('GET', '/users/mfa/register/totp', { headers: first })).body
    const enrolled = await world.call('POST', VERIFY, {
      headers: first,
      body: { code: world.codeOf(old.secret), id: old.id },
    })
    expect(enrolled.body.user.mfaBackupCodeAcknowledgement).toBe('pending')
    const codes: string[] = enrolled.body.recoveryCodes
    expect(new Set(codes).size).toBe(10)
    const kept = await world.call('PUT', '/users', {
      headers: first,
      body: { mfaBackupCodeAcknowledgement: 'complete' },
    })
    expect(kept.body.user.mfaBackupCodeAcknowledgement).toBe('complete')
    expect((await world.call('POST', '/revoke', { headers: first })).status).toBe(204)

    // Weeks later, without the phone.
    world.now += 21 * 24 * 3600_000
    const session = await signIn()
    expect((await world.call('GET', '/users/mfa/register/totp', { headers: session })).status).toBe(409)
    const recovered = await world.call('POST', RECOVER, {
      headers: session,
      body: { code: codes[3]?.toUpperCase().replace('-', ' '), requestedScopes: ['credential:unlink'] },
    })
    expect(recovered).toMatchObject({ status: 200, body: { deviceId: old.id, recoveryCodesLeft: 9 } })
    const proof = { 'x-dyn-elevated-access-token': recovered.body.elevatedAccessToken }
    const removed = await world.call('DELETE', `/users/mfa/${old.id}`, {
      headers: { ...session, ...proof },
    })
    expect(removed.status).toBe(204)
    expect((await world.call('GET', CODES, { headers: session })).body.count).toBe(0)

    const fresh = (await world.call('GET', '/users/mfa/register/totp', { headers: session })).body
    const again = await world.call('POST', VERIFY, {
      headers: session,
      body: { code: world.codeOf(fresh.secret) },
    })
    expect(again.body.recoveryCodes).toHaveLength(10)
    for (const dead of [...codes, world.codeOf(old.secret)]) {
      expect((await recover('ann', dead)).status).not.toBe(200)
      world.now += 3600_000
    }
    expect((await recover('ann', again.body.recoveryCodes[0])).status).toBe(200)
    expect(world.events.map(({ type }) => type)).toEqual(
      expect.arrayContaining([
        'enrolled',
        'recovery_codes_acknowledged',
        'signed_out',
        'recovered',
        'deleted',
      ]),
    )
  })

  it('a recovery code sent 50 times in parallel is accepted once, and all ten can be used', async () => {
    const { recoveryCodes } = await world.enroll('ann')
    for (const [index, code] of recoveryCodes.entries()) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => recover('ann', code)))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 400, 429]))
      expect(await left('ann')).toEqual({ count: 9 - index, recoveryCodes: [], acknowledged: false })
      world.now += 2 * 3600_000
    }
    expect((await recover('ann', recoveryCodes[0] ?? '')).status).toBe(400)
  })

  it('recovery codes are shown once: no other answer holds one', async () => {
    const { secret, recoveryCodes } = await world.enroll('ann')
    const answers = [
      await left('ann'),
      (await world.call('GET', '/users', { as: 'ann' })).body,
      (await world.call('GET', '/users/mfa', { as: 'ann' })).body,
      (await world.call('POST', VERIFY, { as: 'ann', body: { code: world.codeOf(secret) } })).body,
    ]
    for (const code of recoveryCodes) expect(JSON.stringify(answers)).not.toContain(code)
  })

  it('renewing recovery codes requires a fresh proof, consumes it, and invalidates the old codes', async () => {
    const { secret, recoveryCodes } = await world.enroll('ann')
    const bob = await world.enroll('bob')
    expect(await remake('ann')).toMatchObject({ status: 403, body: { scope: 'credential:update' } })
    expect((await remake('ann', await elevate('ann', secret, 'wallet:export'))).status).toBe(403)
    expect((await remake('ann', await elevate('bob', bob.secret, 'credential:update'))).status).toBe(403)
    const proof = await elevate('ann', secret, 'credential:update')
    const answers = await Promise.all(Array.from({ length: 20 }, () => remake('ann', proof)))
    const made = answers.filter(({ status }) => status === 200)
    expect(made).toHaveLength(1)
    const fresh: string[] = made[0]?.body.recoveryCodes
    expect(made[0]?.body.count).toBe(10)
    expect(fresh.some((code) => recoveryCodes.includes(code))).toBe(false)
    expect((await recover('ann', recoveryCodes[0] ?? '')).status).toBe(400)
    expect((await recover('ann', fresh[0] ?? '')).status).toBe(200)
    expect((await recover('bob', fresh[1] ?? '')).status).toBe(400)
  })

  it('the session that enrolled can renew recovery codes without a proof until they are acknowledged', async () => {
    const { before, since: headers } = await enrollInSession()
    expect((await world.call('POST', CODES, { headers: before })).status).toBe(403)
    expect((await world.call('POST', CODES, { headers })).status).toBe(200)
    world.now += 4 * 60_000
    expect((await world.call('POST', CODES, { headers })).status).toBe(200)
    expect(await left('ann')).toMatchObject({ count: 10, acknowledged: false })
    await world.call('PUT', '/users', { headers, body: { mfaBackupCodeAcknowledgement: 'complete' } })
    expect(await left('ann')).toMatchObject({ count: 10, acknowledged: true })
    expect((await world.call('POST', CODES, { headers })).status).toBe(403)
  })

  it('a session that began after the enrollment needs a proof to renew recovery codes, even right after a code', async () => {
    const { secret } = await enrollInSession()
    world.tick()
    const later = await signIn()
    const body = { code: world.codeOf(secret) }
    const { minifiedJwt } = (await world.call('POST', VERIFY, { headers: later, body })).body
    const headers = { authorization: `Bearer ${minifiedJwt}` }
    expect((await world.call('POST', CODES, { headers })).status).toBe(403)
  })

  it('recovery codes renewed without a proof grant a stolen session nothing, and a later sign-in everything', async () => {
    const { id, before, since: stolen } = await enrollInSession()
    const codes: string[] = (await world.call('POST', CODES, { headers: stolen })).body.recoveryCodes
    const grants = [
      { requestedScopes: ['credential:unlink'] },
      { requestedScopes: ['wallet:export'] },
      { createMfaToken: {} },
      {},
    ]
    for (const minutes of [0, 6]) {
      world.now += minutes * 60_000
      const refreshed = (await world.call('POST', '/refresh', { headers: stolen })).body.minifiedJwt
      for (const headers of [before, stolen, { authorization: `Bearer ${refreshed}` }]) {
        for (const grant of grants) {
          world.tick()
          const won = await world.call('POST', RECOVER, { headers, body: { code: codes[0], ...grant } })
          expect([400, 429]).toContain(won.status)
        }
      }
    }
    world.now += 3600_000
    const honest = await signIn()
    const won = await world.call('POST', RECOVER, {
      headers: honest,
      body: { code: codes[0], requestedScopes: ['credential:unlink'] },
    })
    expect(won.status).toBe(200)
    const proof = { 'x-dyn-elevated-access-token': won.body.elevatedAccessToken }
    const removed = await world.call('DELETE', `/users/mfa/${id}`, { headers: { ...honest, ...proof } })
    expect(removed.status).toBe(204)
  })

  it('recovery codes renewed without a proof give a stolen session no more guesses', async () => {
    const { secret, since: stolen } = await enrollInSession()
    world.tick()
    const right = [-1, 0, 1].map((steps) => world.codeOf(secret, steps))
    const wrong = ['000000', '111111', '222222', '333333'].find((code) => !right.includes(code))
    let lookedAt = 0
    for (let round = 0; round < 5; round++) {
      for (let guess = 0; guess < 4; guess++) {
        const { status } = await world.call('POST', VERIFY, { headers: stolen, body: { code: wrong } })
        if (status === 400) lookedAt++
      }
      const codes: string[] = (await world.call('POST', CODES, { headers: stolen })).body.recoveryCodes
      const used = await world.call('POST', RECOVER, { headers: stolen, body: { code: codes[0] } })
      expect([400, 429]).toContain(used.status)
    }
    expect(lookedAt).toBe(5)
    const honest = await signIn()
    const codes: string[] = (await world.call('POST', CODES, { headers: stolen })).body.recoveryCodes
    world.now += 31_000 // signed in after the enrollment, and its wait is over
    expect((await world.call('POST', RECOVER, { headers: honest, body: { code: codes[1] } })).status).toBe(
      200,
    )
    const code = world.codeOf(secret)
    expect((await world.call('POST', VERIFY, { headers: honest, body: { code } })).status).toBe(200)
  })

  it('recovery codes cannot be acknowledged before they exist', async () => {
    const { body } = await world.call('GET', '/users/mfa/register/totp', { as: 'ann' })
    await world.call('PUT', '/users', { as: 'ann', body: { mfaBackupCodeAcknowledgement: 'complete' } })
    const enrolled = await world.call('POST', VERIFY, {
      as: 'ann',
      body: { code: world.codeOf(body.secret) },
    })
    expect(enrolled.body.user.mfaBackupCodeAcknowledgement).toBe('pending')
  })

  it('recovery codes cannot be renewed without a proof five minutes after the enrollment', async () => {
    const { since: headers } = await enrollInSession()
    world.now += 5 * 60_000 + 1
    const late = await world.call('POST', CODES, { headers })
    expect(late.status).toBe(403)
  })

  it('a recovery code works as people type it, and is then consumed in every form', async () => {
    const { recoveryCodes } = await world.enroll('ann')
    const [full, dashed, listed, quoted, shouted, bare] = recoveryCodes
    const forms = [
      full?.replace(/[!-~]/g, (plain) => String.fromCodePoint((plain.codePointAt(0) ?? 0) + 0xfee0)),
      dashed?.replaceAll('-', '\u2011'),
      `1. ${listed}`,
      `“${quoted}”,`,
      `\t${shouted?.toUpperCase().replaceAll('0', 'O').replaceAll('1', 'I')}\u00a0`,
      `\ufeff${bare?.replaceAll('-', '\u200b')}`,
    ]
    for (const [index, form] of forms.entries()) {
      expect((await recover('ann', form ?? '')).status).toBe(200)
      expect(await recover('ann', recoveryCodes[index] ?? '')).toMatchObject({
        status: 400,
        body: { reason: 'invalid_code' },
      })
      world.now += 3600_000
    }
    expect(await left('ann')).toMatchObject({ count: 4 })
  })

  it('a malformed recovery code costs no attempt, over HTTP or in process', async () => {
    const { id, recoveryCodes } = await world.enroll('ann')
    const backend = world.server.backendFor({ userId: 'ann', account: 'ann@example.com' })
    const noCodes = ['', 'abcde', 'abcde-1234', 'abcde-12345-fgh', 'é'.repeat(15), '123456', 'x'.repeat(9000)]
    for (const code of noCodes) {
      expect(await recover('ann', code)).toMatchObject({ status: 400, body: { code: 'malformed_code' } })
      await expect(backend.authenticateMfaRecoveryCode?.({ code })).rejects.toMatchObject({
        code: 'malformed_code',
      })
    }
    for (let guess = 0; guess < 4; guess++)
      expect((await recover('ann', `00000-0000${guess}`)).status).toBe(400)
    expect(await recover('ann', recoveryCodes[0] ?? '')).toMatchObject({
      status: 200,
      body: { deviceId: id },
    })
  })

  it('a code of the other kind is refused with a message that says so', async () => {
    const { secret, recoveryCodes } = await world.enroll('ann')
    expect((await recover('ann', world.codeOf(secret))).body.error).toMatch(/from an authenticator app/)
    const swapped = await world.call('POST', VERIFY, { as: 'ann', body: { code: recoveryCodes[0] } })
    expect(swapped).toMatchObject({ status: 400, body: { code: 'malformed_code' } })
    expect(swapped.body.error).toMatch(/is a recovery code/)
    expect((await recover('ann', 'abc')).body.error).toBe(
      'That doesn’t look like a recovery code. Check it and try again.',
    )
  })

  it('guessing recovery codes is throttled, separately from app codes', async () => {
    const { secret, recoveryCodes } = await world.enroll('ann')
    const wrong = Array.from({ length: 100 }, (_, index) => `00000-${String(index).padStart(5, '0')}`)
    const answers = await Promise.all(wrong.map((code) => recover('ann', code)))
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(5)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(95)
    expect((await recover('ann', recoveryCodes[0] ?? '')).status).toBe(429)
    expect(
      (await world.call('POST', VERIFY, { as: 'ann', body: { code: world.codeOf(secret) } })).status,
    ).toBe(200)
    world.now += 30_000
    expect((await recover('ann', recoveryCodes[0] ?? '')).status).toBe(200)
  })

  const verify = (code: string) => world.call('POST', VERIFY, { as: 'ann', body: { code } })
  async function fail100Times(secret: string) {
    for (let failures = 1; failures <= 100; failures++) {
      const right = [-1, 0, 1].map((steps) => world.codeOf(secret, steps))
      const wrong = ['000000', '111111', '222222', '333333'].find((code) => !right.includes(code)) ?? ''
      expect([failures, (await verify(wrong)).status]).toEqual([failures, 400])
      world.now += 3600_000
    }
  }

  it('100 wrong codes in a row close the device to codes until a recovery code opens it', async () => {
    const { secret, recoveryCodes } = await world.enroll('ann')
    await fail100Times(secret)
    expect(await verify(world.codeOf(secret))).toMatchObject({
      status: 429,
      body: { code: 'mfa_rate_limited', reason: 'device_locked' },
    })
    expect(world.events.at(-1)?.type).toBe('locked')
    expect((await recover('ann', recoveryCodes[0] ?? '')).status).toBe(200)
    expect((await verify(world.codeOf(secret))).status).toBe(200)
  })

  it('100 wrong codes in a row do not close a pending device, which guards nothing yet', async () => {
    const { body } = await world.call('GET', '/users/mfa/register/totp', { as: 'ann' })
    await fail100Times(body.secret)
    expect((await verify(world.codeOf(body.secret))).status).toBe(200)
  })

  it('a host that has checked an identity can reset a user who lost everything', async () => {
    const { id } = await world.enroll('ann')
    expect(await world.server.resetUser('nobody')).toBe(false)
    expect(await world.server.resetUser('ann')).toBe(true)
    expect((await world.call('GET', '/users/mfa', { as: 'ann' })).body.count).toBe(0)
    expect((await world.enroll('ann')).id).not.toBe(id)
  })

  it('recovery codes of ten characters, stored before codes had fifteen, still work once each', async () => {
    const kept: { store?: Store } = {}
    const before = createWorld((path) => {
      kept.store = makeStore(path)
      return kept.store
    })
    try {
      const { id, secret } = await before.enroll('ann')
      const hashes = ['abcde12345', '0k1m2n3p4q'].map((code) =>
        createHmac('sha256', `recovery code\0${secret}`).update(code).digest('hex'),
      )
      const act = { userId: 'ann', deviceId: id, now: before.now, proof: null }
      expect(await kept.store?.replaceRecoveryCodes(act, hashes)).toBe('replaced')
      const use = (code: string) => before.call('POST', RECOVER, { as: 'ann', body: { code } })
      expect(await use('ABCDE-12345')).toMatchObject({ status: 200, body: { recoveryCodesLeft: 1 } })
      expect((await use('abcde-12345')).body).toMatchObject({
        reason: 'invalid_code',
        error: 'That recovery code didn’t match. Check it, or use another one.',
      })
      expect(await use('2. ok‑im2n3p4q')).toMatchObject({ status: 200, body: { recoveryCodesLeft: 0 } })
    } finally {
      await before.close()
    }
  })

  it('nothing stored holds a recovery code', async () => {
    const { recoveryCodes } = await world.enroll('ann')
    const kept = (await world.dump()) + JSON.stringify(world.events)
    for (const code of recoveryCodes) {
      for (const form of [code, code.replaceAll('-', ''), code.toUpperCase()])
        expect(kept.includes(form)).toBe(false)
    }
  })
})

it('new recovery codes are 75 bits in three groups, each character as likely as any other', () => {
  const codes = Array.from({ length: 1000 }, newRecoveryCodes).flat()
  expect(new Set(codes).size).toBe(codes.length)
  const counts = new Map<string, number>()
  for (const code of codes) {
    expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{5}(-[0-9a-hjkmnp-tv-z]{5}){2}$/)
    for (const letter of code.replaceAll('-', '')) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  }
  expect(counts.size).toBe(32)
  // 4,687.5 of each; a tenth off is seven standard deviations.
  for (const count of counts.values()) expect(Math.abs(count - 4687.5)).toBeLessThan(469)
})

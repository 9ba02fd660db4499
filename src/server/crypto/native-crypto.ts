type NodeCrypto = typeof import('node:crypto')

let tried: { works: NodeCrypto | undefined } | undefined

/**
 * Node's own cryptography, if the runtime has it and it passes a test. It works synchronously. Web Crypto hands each
 * call to a thread and waits, which takes longer than one signature or one short text.
 *
 * On other runtimes, the module of that name may be incomplete. Deno before 2.7 cannot decrypt with a `KeyObject`,
 * which would look like a wrong master key. Tested once, at the first use, since some runtimes have no randomness while
 * they load.
 */
export function nativeCrypto(): NodeCrypto | undefined {
  tried ??= { works: tryOut() }
  return tried.works
}

function tryOut(): NodeCrypto | undefined {
  try {
    const native = globalThis.process?.getBuiltinModule?.('node:crypto')
    return native && opens(native) && digests(native) && signs(native) ? native : undefined
  } catch {
    return undefined
  }
}

function opens({ createDecipheriv, createSecretKey }: NodeCrypto): boolean {
  const key = createSecretKey(Buffer.alloc(32, 7))
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.alloc(12, 7), { authTagLength: 16 })
  decipher.setAAD(Buffer.from('place')).setAuthTag(Buffer.from('y5GkrVpGQvLz_E1dw8kkPA', 'base64url'))
  const sealed = Buffer.from('uv4ySw', 'base64url')
  return Buffer.concat([decipher.update(sealed), decipher.final()]).toString() === 'text'
}

const digests = ({ createHmac, hash }: NodeCrypto): boolean =>
  hash('sha256', 'text', 'base64') === 'mC2ePrmW9VnmM/TRlN7zdh2Qn1o7ZH0ahR/q1nwyydE=' &&
  createHmac('sha256', 'name').update('text').digest('hex') ===
    'ef4abc67291f77c4cc4991cf92b341794dfdc93ef46aa6e1e49b37eecd9bf97b'

/** RFC 8037, appendix A.1 */
const ED25519 = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
}
/** RFC 7517, appendix A.2 */
const P256 = {
  kty: 'EC',
  crv: 'P-256',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
  d: '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE',
}

function signs({ createPrivateKey, createPublicKey, sign, verify }: NodeCrypto): boolean {
  const text = Buffer.from('text')
  const signature = sign(null, text, createPrivateKey({ key: ED25519, format: 'jwk' }))
  const dsaEncoding = 'ieee-p1363'
  const p256 = sign('sha256', text, { key: createPrivateKey({ key: P256, format: 'jwk' }), dsaEncoding })
  const key = createPublicKey({ key: P256, format: 'jwk' })
  return (
    signature.toString('base64url') ===
      'MDae6k-7to9eWfYGFubUVXM_B47sJyiYcxdK50cJV8TXAOhu7vuf6WrN-FMOYA8TVZjGo3sHE3KeRcXwitj5CA' &&
    verify('sha256', text, { key, dsaEncoding }, p256)
  )
}

/**
 * Node's own cryptography, where there is Node. It works on the spot; Web Crypto hands each call to a thread and waits for
 * its turn, which takes longer than one signature or one short text does.
 */
export const nativeCrypto = globalThis.process?.getBuiltinModule?.('node:crypto')

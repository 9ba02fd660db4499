/**
 * Returns a `coreConfig` for Dynamic's SDK outside of a browser: the URL of the API, and in-memory storage and keys,
 * which each client has for itself. Signatures by these keys are not valid.
 */
export function inMemoryCoreConfig(apiBaseUrl: string) {
  const stored = new Map<string, string>()
  const keys = new Map<string, string>()
  return {
    apiBaseUrl,
    fetch: globalThis.fetch,
    storageAdapter: {
      getItem: async (key: string) => stored.get(key) ?? null,
      setItem: async (key: string, value: string) => void stored.set(key, value),
      removeItem: async (key: string) => void stored.delete(key),
    },
    keychain: {
      hasKey: async (name: string) => keys.has(name),
      async generateKey(name: string) {
        keys.set(name, COMPRESSED_PUBLIC_KEY)
        return COMPRESSED_PUBLIC_KEY
      },
      importKey: async (name: string) => keys.get(name) ?? '',
      removeKey: async (name: string) => void keys.delete(name),
      getPublicKey: async (name: string) => keys.get(name) ?? null,
      sign: async () => 'signature',
    },
  }
}

/** Hexadecimal, in the form that the SDK sends with every call. Nothing here checks it. */
const COMPRESSED_PUBLIC_KEY = `02${'ab'.repeat(32)}`

/**
 * What Dynamic's SDK takes as `coreConfig` where there is no browser: the API to call, and storage and keys of its own in
 * memory, which a new client does not share. Its keys sign nothing that anyone would believe.
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

/** Hexadecimal, of the form that the SDK sends with every call; nobody here looks at it. */
const COMPRESSED_PUBLIC_KEY = `02${'ab'.repeat(32)}`

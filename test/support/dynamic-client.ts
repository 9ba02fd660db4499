import { createDynamicClient, type DynamicClient, initializeClient } from '@dynamic-labs-sdk/client'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the SDK that the run is about: the tests run with more than one. */
    sdkVersion: string
  }
}

/**
 * The unmodified SDK as an app in Node has it: pointed at `origin`, with storage and keys in memory. What a browser's own
 * would do is not what is tested.
 */
export async function dynamicClient(origin: string, environmentId: string): Promise<DynamicClient> {
  const stored = new Map<string, string>()
  const keys = new Map<string, string>()
  const client = createDynamicClient({
    environmentId,
    autoInitialize: false,
    metadata: { name: 'Test', universalLink: 'http://localhost' },
    logLevel: 'error',
    coreConfig: {
      apiBaseUrl: `${origin}/api/v0`,
      fetch: globalThis.fetch,
      storageAdapter: {
        getItem: async (key: string) => stored.get(key) ?? null,
        setItem: async (key: string, value: string) => void stored.set(key, value),
        removeItem: async (key: string) => void stored.delete(key),
      },
      keychain: {
        hasKey: async (name: string) => keys.has(name),
        async generateKey(name: string) {
          keys.set(name, `02${'ab'.repeat(32)}`)
          return keys.get(name) ?? ''
        },
        importKey: async (name: string) => keys.get(name) ?? '',
        removeKey: async (name: string) => void keys.delete(name),
        getPublicKey: async (name: string) => keys.get(name) ?? null,
        sign: async () => 'signature',
      },
    },
  })
  await initializeClient(client)
  return client
}

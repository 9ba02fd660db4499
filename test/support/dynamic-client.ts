import { createDynamicClient, type DynamicClient, initializeClient } from '@dynamic-labs-sdk/client'
import { inMemoryCoreConfig } from '../../src/testing/in-memory-core-config.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the SDK that the run is about: the tests run with more than one. */
    sdkVersion: string
  }
}

/** The unmodified SDK as an app in Node has it, pointed at `origin`. */
export async function dynamicClient(
  origin: string,
  environmentId: string,
  passkey?: NonNullable<Parameters<typeof createDynamicClient>[0]['coreConfig']>['passkey'],
): Promise<DynamicClient> {
  const client = createDynamicClient({
    environmentId,
    autoInitialize: false,
    metadata: { name: 'Test', universalLink: 'http://localhost' },
    logLevel: 'error',
    coreConfig: { ...inMemoryCoreConfig(`${origin}/api/v0`), ...(passkey && { passkey }) },
  })
  await initializeClient(client)
  return client
}

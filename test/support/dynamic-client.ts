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
  passkey?: CoreConfig['passkey'],
): Promise<DynamicClient> {
  const core = { ...inMemoryCoreConfig(`${origin}/api/v0`), ...(passkey && { passkey }) }
  const client = newDynamicClient(environmentId, core)
  await initializeClient(client)
  return client
}

type CoreConfig = NonNullable<Parameters<typeof createDynamicClient>[0]['coreConfig']>

/** A client that nobody has initialized yet. */
export const newDynamicClient = (environmentId: string, coreConfig: CoreConfig): DynamicClient =>
  createDynamicClient({
    environmentId,
    autoInitialize: false,
    metadata: { name: 'Test', universalLink: 'http://localhost' },
    logLevel: 'error',
    coreConfig,
  })

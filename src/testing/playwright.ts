/**
 * Does what a person with a phone does in front of a page: docs/testing.md#a-browser-test-of-an-app-on-dynamic.
 * Requires the packages `playwright` and `zxing-wasm`.
 *
 * @module totp-flow/testing/playwright
 */
import { readFile } from 'node:fs/promises'
import type { Locator, Page } from 'playwright'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import { type Authenticator, type AuthenticatorOptions, authenticator } from './authenticator.ts'

export type { Authenticator, AuthenticatorOptions }

/** A page, or a part of it. */
type Screen = Pick<Page | Locator, 'screenshot'>

const POLL_MS = 100

/**
 * Returns the text of the QR code on the screen, decoded from the pixels of a screenshot. Waits until there is one.
 * Throws after `timeout` milliseconds (default 10,000).
 */
export async function readQrCode(screen: Screen, { timeout = 10_000 } = {}): Promise<string> {
  await ready()
  const end = Date.now() + timeout
  while (true) {
    const [code] = await readBarcodes(new Uint8Array(await screen.screenshot()), { formats: ['QRCode'] })
    if (code) return code.text
    if (Date.now() > end) throw new Error(`there was no readable QR code on screen for ${timeout} ms`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** Scans the QR code on the screen with a new authenticator. */
export const scanQrCode = async (
  screen: Screen,
  { timeout, ...options }: AuthenticatorOptions & { timeout?: number } = {},
): Promise<Authenticator> =>
  authenticator(await readQrCode(screen, { ...(timeout !== undefined && { timeout }) }), options)

/**
 * Types the authenticator's next unused code into the given code field, or the page's only field with
 * `autocomplete="one-time-code"`. Does not press a button afterwards.
 */
export async function typeCode(where: Page | Locator, from: Authenticator): Promise<void> {
  const field =
    'fill' in where && !('goto' in where) ? where : where.locator('input[autocomplete="one-time-code"]')
  await field.fill(await from.nextUnused())
}

let decoder: Promise<unknown> | undefined
/** Loads the decoder from the package itself. By default it would be downloaded. */
function ready(): Promise<unknown> {
  decoder ??= readFile(new URL(import.meta.resolve('zxing-wasm/reader/zxing_reader.wasm'))).then((bytes) =>
    prepareZXingModule({
      overrides: { wasmBinary: Uint8Array.from(bytes).buffer },
      fireImmediately: true,
    }),
  )
  return decoder
}

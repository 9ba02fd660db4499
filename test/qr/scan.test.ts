import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateSync } from 'otplib'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import { memoryBackend } from '../../src/memory/index.ts'
import { qrPath } from '../../src/qr/qr-path.ts'
import { launchChromium, oathtool, zbarimg } from '../support/tools.ts'

let browser: Browser
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-scan-'))
  browser = await launchChromium()
})
afterAll(async () => {
  await browser.close()
  rmSync(folder, { recursive: true })
})

const looks = [
  { viewport: { width: 320, height: 480 }, colorScheme: 'light' },
  { viewport: { width: 320, height: 480 }, colorScheme: 'dark' },
  { viewport: { width: 640, height: 480 }, deviceScaleFactor: 2, colorScheme: 'dark' }, // 200 % zoom of 1280 px
] as const

it.each([
  ['spaces', 'Acme Bank plc', 'ann lee'],
  ['at and plus', 'Acme', 'ann+work@example.com'],
  ['ampersands and equals', 'Söhne & Co = 1?', 'a&secret=AAAA&issuer=evil'],
  ['quotes', `"Joe's" <b>`, `o'neil"@example.com`],
  ['emoji', '🔐 Vault', 'ann👩‍🚀'],
  ['right-to-left', 'متجر التمور', 'זאב@דוגמה'],
  ['percent and slash', '100%/day#1', 'a/b%20c'],
])('%s in issuer and account reach the authenticator as they are', async (_name, issuer, account) => {
  const { uri, secret } = await memoryBackend({ issuer, account }).registerTotpMfaDevice()
  const { size, path: modules } = qrPath(uri)
  for (const look of looks) {
    const page = await browser.newPage(look)
    await page.setContent(
      `<body style="color-scheme: light dark"><svg role="img" aria-label="QR code" width="232" viewBox="0 0 ${size} ${size}"
        shape-rendering="crispEdges" style="background: #fff"><path d="${modules}"/></svg>`,
    )
    const path = join(folder, 'screen.png')
    await page.screenshot({ path })
    const scanned = new URL(zbarimg(path))
    await page.close()
    expect(scanned.href).toBe(new URL(uri).href)
    expect(decodeURIComponent(scanned.pathname)).toBe(`/${issuer}:${account}`)
    expect(scanned.searchParams.getAll('issuer')).toEqual([issuer])
    expect(scanned.searchParams.getAll('secret')).toEqual([secret])
  }
  expect(oathtool(secret)).toBe(generateSync({ secret }))
})

it('the QR code names no character set, which some authenticators cannot read', async () => {
  const decoder = readFileSync(new URL(import.meta.resolve('zxing-wasm/reader/zxing_reader.wasm')))
  await prepareZXingModule({
    overrides: { wasmBinary: Uint8Array.from(decoder).buffer },
    fireImmediately: true,
  })
  const { uri } = await memoryBackend({ issuer: 'Söhne', account: 'ann' }).registerTotpMfaDevice()
  const { size, path } = qrPath(uri)
  const side = size * 4
  const data = new Uint8ClampedArray(side * side * 4).fill(255)
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)/g))
    for (let row = 0; row < 4; row++) {
      const start = ((Number(y) * 4 + row) * side + Number(x) * 4) * 4
      for (let pixel = start; pixel < start + 16; pixel += 4) data.fill(0, pixel, pixel + 3)
    }
  const [code] = await readBarcodes({ data, width: side, height: side, colorSpace: 'srgb' })
  expect(code?.text).toBe(uri)
  expect(code?.hasECI).toBe(false)
})

it('the QR code of an ordinary account has at most 41 modules a side', async () => {
  const names = { issuer: 'Acme Bank', account: 'firstname.lastname@example.com' }
  const { uri } = await memoryBackend(names).registerTotpMfaDevice()
  const { size } = qrPath(uri)
  expect(size - 2 * 4).toBeLessThanOrEqual(41)
})

it('a colon in the issuer cannot pass for the end of it', async () => {
  const { uri } = await memoryBackend({ issuer: 'Acme: Bank', account: 'a:b' }).registerTotpMfaDevice()
  expect(decodeURIComponent(new URL(uri).pathname)).toBe('/Acme  Bank:a:b')
})

it('a QR code holds 2,953 bytes, and no more', () => {
  expect(qrPath('ü'.repeat(1476)).size).toBe(177 + 2 * 4)
  expect(() => qrPath('ü'.repeat(1477))).toThrow(RangeError)
})

import { createServer } from 'vite'

export interface CommitsRow {
  commits: number
  /** Commits after which the page differs from before. */
  visibleChanges: number
}

/** React's commits while `TotpEnrollment` takes a user from the button to elevated, over the real server in process. */
export async function commits(): Promise<CommitsRow> {
  const peers: { emptyPage(): Window & typeof globalThis } = await import(
    new URL('../peers/page.ts', import.meta.url).href
  )
  const window = peers.emptyPage()
  for (const name of ['document', 'matchMedia', 'HTMLElement', 'Node'] as const) {
    Object.defineProperty(globalThis, name, { value: window[name], configurable: true })
  }
  Object.defineProperty(globalThis, 'window', { value: window, configurable: true })
  const vite = await createServer({
    configFile: false,
    root: new URL('../..', import.meta.url).pathname,
    logLevel: 'error',
    appType: 'custom',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  })
  try {
    const { enrollOnce } = await vite.ssrLoadModule('/bench/rows/enroll-once.tsx')
    return await enrollOnce()
  } finally {
    await vite.close()
  }
}

import type { ELK } from 'elkjs'

let loading: Promise<ELK> | undefined

/** The layout engine: an optional peer, 1.6 MB, read when the first chart is drawn. */
export function loadElk(): Promise<ELK> {
  loading ??= import('elkjs/lib/elk.bundled.js').then(({ default: { default: Elk } }) => new Elk())
  loading.catch(() => {
    loading = undefined
  })
  return loading
}

/** An `ELK` of elkjs. Its own types do not compile everywhere, so they are kept out of ours. */
export interface Layouter {
  layout(graph: object): Promise<object>
}

let layouter: Promise<Layouter> | undefined

/** The layout engine: an optional peer, 1.6 MB, read when the first chart is drawn. */
export function loadElk(): Promise<Layouter> {
  layouter ??= import('elkjs/lib/elk.bundled.js').then(({ default: given }) => {
    // A CommonJS module, which bundlers and Node hand over differently.
    const Elk = ('default' in given ? given.default : given) as new () => Layouter
    return new Elk()
  })
  layouter.catch(() => {
    layouter = undefined
  })
  return layouter
}

/** Takes an engine of your own, such as one that works in a `Worker`: large charts then never make a page wait. */
export function layOutWith(elk: Layouter): void {
  layouter = Promise.resolve(elk)
}

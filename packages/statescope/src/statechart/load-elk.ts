/** An `ELK` instance of elkjs. Its own types do not compile everywhere, so ours do not use them. */
export interface Layouter {
  layout(graph: object): Promise<object>
}

let layouter: Promise<Layouter> | undefined

/** Loads the layout engine, an optional peer of 1.6 MB, when the first chart is drawn. */
export function loadElk(): Promise<Layouter> {
  layouter ??= import('elkjs/lib/elk.bundled.js').then(({ default: given }) => {
    // Bundlers and Node import this CommonJS module differently.
    const Elk = ('default' in given ? given.default : given) as new () => Layouter
    return new Elk()
  })
  layouter.catch(() => {
    layouter = undefined
  })
  return layouter
}

/** Sets the layout engine, for example one in a `Worker`, so that large charts never block a page. */
export function layOutWith(elk: Layouter): void {
  layouter = Promise.resolve(elk)
}

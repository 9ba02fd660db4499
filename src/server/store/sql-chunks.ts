/** Splits values into parts of at most this many, in order. */
export function chunksOf<One>(values: readonly One[], most: number): One[][] {
  const chunks: One[][] = []
  for (let at = 0; at < values.length; at += most) chunks.push(values.slice(at, at + most))
  return chunks
}

/** Splits rows into parts that fit into one statement, with one parameter per column. */
export const inParts = <Row extends object>(rows: readonly Row[], mostParameters: number): Row[][] =>
  chunksOf(rows, Math.max(1, Math.floor(mostParameters / Object.keys(rows[0] ?? {}).length)))

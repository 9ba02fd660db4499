/** In parts of so many at most, in their order. */
export function chunksOf<One>(values: readonly One[], most: number): One[][] {
  const chunks: One[][] = []
  for (let at = 0; at < values.length; at += most) chunks.push(values.slice(at, at + most))
  return chunks
}

/** Rows of which each brings as many parameters as it has columns, in parts that fit into one statement. */
export const inParts = <Row extends object>(rows: readonly Row[], mostParameters: number): Row[][] =>
  chunksOf(rows, Math.max(1, Math.floor(mostParameters / Object.keys(rows[0] ?? {}).length)))

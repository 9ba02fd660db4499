import type { Compilable, CompiledQuery, Kysely } from 'kysely'

/** A placeholder for a value, in a statement that is compiled without values. */
class Hole {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

const compiledTexts = new Set<string>()

/** Whether this statement runs again and again with other values, so that it pays to prepare it. */
export const isCompiledOnce = (text: string): boolean => compiledTexts.has(text)

/**
 * Compiles a statement once per dialect and runs it with different values each time, since Kysely takes as long to build a
 * statement as a database takes to run it. `build` refers to each value by name, and must not inspect it.
 */
export function compiledOnce<Tables, Values extends object, Row>(
  build: (db: Kysely<Tables>, values: Values) => Compilable<Row>,
): (db: Kysely<Tables>, values: Values) => Promise<Row[]> {
  const compiled = new WeakMap<object, CompiledQuery<Row>>()
  return async (db, values) => {
    const { adapter } = db.getExecutor()
    const query = compiled.get(adapter) ?? build(db, holes as Values).compile()
    compiled.set(adapter, query)
    compiledTexts.add(query.sql)
    const given = new Map(Object.entries(values))
    const parameters = query.parameters.map((one) => (one instanceof Hole ? given.get(one.name) : one))
    const { rows } = await db.executeQuery<Row>({ ...query, parameters })
    return rows
  }
}

const holes: object = new Proxy({}, { get: (_, name) => new Hole(String(name)) })

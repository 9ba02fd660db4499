/** The subset of JSON Schema (2020-12) that shapes use. */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * Describes a JSON value, for the OpenAPI document, and reads it from an answer. Small, since every page with a flow
 * loads it. Servers read untrusted input with zod, which is ten times as large.
 */
export interface Shape<T> {
  readonly schema: JsonSchema
  /**
   * Returns the value without fields that the shape does not name. Throws on a mismatch, and quotes nothing, since it
   * may hold secrets.
   */
  read(value: unknown): T
}

/** A single instance: it is caught as often as it is thrown, and making a stack trace takes longer than reading a value. */
const MISMATCH = new TypeError('another shape was expected')

type Shapes<T> = { readonly [Key in keyof T]: Shape<T[Key]> }

/** A shape for values that pass a guard. */
/* @__NO_SIDE_EFFECTS__ */
export function shape<T>(schema: JsonSchema, fits: (value: unknown) => value is T): Shape<T> {
  return {
    schema,
    read(value) {
      if (!fits(value)) throw MISMATCH
      return value
    },
  }
}

const isArray = (value: unknown): value is readonly unknown[] => Array.isArray(value)
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !isArray(value)

const untypedArray = shape({}, isArray)
/** Any object. */
export const record = shape({ type: 'object' }, isRecord)

export const unknown: Shape<unknown> = shape({}, (value): value is unknown => value !== undefined)
export const nothing: Shape<null> = shape({ type: 'null' }, (value) => value === null)
export const boolean: Shape<boolean> = shape({ type: 'boolean' }, (value) => typeof value === 'boolean')
/** A finite number, since JSON has no other. */
export const number: Shape<number> = shape({ type: 'number' }, (value): value is number =>
  Number.isFinite(value),
)

/* @__NO_SIDE_EFFECTS__ */
export function string(pattern?: RegExp): Shape<string> {
  return shape(
    { type: 'string', ...(pattern && { pattern: pattern.source }) },
    (value): value is string => typeof value === 'string' && pattern?.test(value) !== false,
  )
}

/* @__NO_SIDE_EFFECTS__ */
export function oneOf<const T extends string | number>(...values: readonly T[]): Shape<T> {
  return shape({ type: typeof values[0], enum: values }, (value): value is T =>
    values.some((known) => known === value),
  )
}

/* @__NO_SIDE_EFFECTS__ */
export function array<T>({ schema, read }: Shape<T>): Shape<T[]> {
  return {
    schema: { type: 'array', items: schema },
    read: (value) => Array.from(untypedArray.read(value), read),
  }
}

/* @__NO_SIDE_EFFECTS__ */
export function object<Required, Optional = unknown>(
  required: Shapes<Required>,
  optional?: Shapes<Optional>,
): Shape<NoInfer<Required & Partial<Optional>>> {
  const shapes = Object.entries<Shape<unknown>>({ ...required, ...optional })
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries(shapes.map(([key, { schema }]) => [key, schema])),
      required: Object.keys(required),
      additionalProperties: false,
    },
    read(value) {
      const given = record.read(value)
      const found: Record<string, unknown> = {}
      for (const [key, { read }] of shapes) {
        const part = given[key]
        if (part !== undefined || key in required) found[key] = read(part)
      }
      return found as Required & Partial<Optional>
    },
  }
}

/** The same shape, keeping unknown fields. */
/* @__NO_SIDE_EFFECTS__ */
export function looseObject<T>({
  schema: { additionalProperties, ...schema },
  read,
}: Shape<T>): Shape<T & Others> {
  return {
    schema,
    read(value) {
      const { __proto__: _, ...others } = record.read(value) // a copied `__proto__` would become the prototype
      return { ...others, ...read(value) }
    },
  }
}
type Others = Record<string, unknown>

/** The first shape that fits. */
/* @__NO_SIDE_EFFECTS__ */
export function union<T>(...shapes: readonly Shape<T>[]): Shape<T> {
  return {
    schema: { anyOf: shapes.map(({ schema }) => schema) },
    read(value) {
      for (const candidate of shapes) {
        const found = readAs(candidate, value)
        if (found !== undefined) return found
      }
      throw MISMATCH
    },
  }
}

/** Documented as this shape, but accepts anything. */
/* @__NO_SIDE_EFFECTS__ */
export const unread = ({ schema }: Shape<unknown>): Shape<unknown> => ({ schema, read: unknown.read })

/** Reads a value. Returns `undefined`, which JSON does not have, if it has another shape or throws on access. */
export function readAs<T>({ read }: Shape<T>, value: unknown): T | undefined {
  try {
    return read(value)
  } catch {
    return undefined
  }
}

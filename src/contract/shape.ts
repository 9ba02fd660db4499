/** Of JSON Schema (2020-12), as much as a shape here says. */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * What a JSON value looks like: said for the OpenAPI document, and read from an answer. Small, since every page with a flow
 * loads it; what strangers send to a server is read by zod, which is ten times as large.
 */
export interface Shape<T> {
  readonly schema: JsonSchema
  /** The value, less what the shape does not name. Throws at any other, and quotes nothing of it: it may hold secrets. */
  read(value: unknown): T
}

/** One for all: it is caught as often as it is thrown, and an error's trace takes longer than a reading. */
const MISMATCH = new TypeError('another shape was expected')

type Shapes<T> = { readonly [Key in keyof T]: Shape<T[Key]> }

/** What a guard lets through. */
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
/** An object, whatever is in it. */
export const record = shape({ type: 'object' }, isRecord)

export const unknown: Shape<unknown> = shape({}, (value): value is unknown => value !== undefined)
export const nothing: Shape<null> = shape({ type: 'null' }, (value) => value === null)
export const boolean: Shape<boolean> = shape({ type: 'boolean' }, (value) => typeof value === 'boolean')
/** A finite one: JSON has no other. */
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

/** The same, with all else that is in it. */
/* @__NO_SIDE_EFFECTS__ */
export function looseObject<T>({
  schema: { additionalProperties, ...schema },
  read,
}: Shape<T>): Shape<T & Others> {
  return {
    schema,
    read(value) {
      const { __proto__: _, ...others } = record.read(value) // which, copied once more, would be a prototype
      return { ...others, ...read(value) }
    },
  }
}
type Others = Record<string, unknown>

/** Whichever fits first. */
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

/** Documented as this shape, and taken whatever it is. */
/* @__NO_SIDE_EFFECTS__ */
export const unread = ({ schema }: Shape<unknown>): Shape<unknown> => ({ schema, read: unknown.read })

/** The value as the shape has it; `undefined`, which JSON does not have, if it has another, or throws at a look. */
export function readAs<T>({ read }: Shape<T>, value: unknown): T | undefined {
  try {
    return read(value)
  } catch {
    return undefined
  }
}

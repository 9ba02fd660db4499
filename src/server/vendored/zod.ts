/**
 * The part of zod that the server uses. The build copies it into this file, with its license next to it. Otherwise an
 * install for a page, which never loads zod, would bring all 6 MB of it.
 */
export {
  array,
  boolean,
  describe,
  discriminatedUnion,
  type infer,
  literal,
  looseObject,
  maxLength,
  minLength,
  number,
  object,
  optional,
  overwrite,
  refine,
  regex,
  strictObject,
  string,
  toJSONSchema,
  type ZodMiniType,
} from 'zod/mini'

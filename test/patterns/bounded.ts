import type { Exception } from './check-patterns.ts'

/** The regular expressions that may take more than linear time, or that are put together at run time, and why they may. */
export const bounded: readonly Exception[] = [
  {
    file: 'src/client/elevated-fetch.ts',
    code: String.raw`/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g`,
    because: 'It reads a header of a server that the app chose to call.',
  },
  {
    file: 'src/client/http-wire.ts',
    code: String.raw`/\/+$/`,
    because: 'It reads the base URL of the app’s own configuration.',
  },
  {
    file: 'src/server/node.ts',
    code: String.raw`/\w+:\/\/\S+/g`,
    because: 'It reads what the file system or the database says at the start.',
  },
]

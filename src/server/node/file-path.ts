import { homedir } from 'node:os'
import { join } from 'node:path'
import { StartError } from './start-error.ts'

/**
 * Resolves a path from a URL or a unit file, where no shell expands it: `~/` is the home folder. Throws a `StartError`
 * for anything else that only a shell expands, rather than create a folder of that name. `name` is the option or
 * variable it came from.
 */
export function filePath(text: string, name: string): string {
  if (text === '~' || text.startsWith('~/')) return join(homedir(), text.slice(1))
  if (text.startsWith('~') || /^\$|\$\{|^%[A-Za-z_]+%/.test(text)) {
    throw new StartError(
      `${name} holds ~ or a variable, which no shell replaced here. Write the whole path, such as /var/lib/totp-flow/totp-flow.db.`,
    )
  }
  return text
}

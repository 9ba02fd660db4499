import { homedir } from 'node:os'
import { join } from 'node:path'
import { StartError } from './start-error.ts'

/**
 * A path that a person wrote where no shell reads it, in a URL or a unit file: `~/` is the home folder, and what only a shell
 * knows is refused, rather than made as a folder of that name. `name` is the option or variable that it came from.
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

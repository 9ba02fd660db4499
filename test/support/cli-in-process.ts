import { vi } from 'vitest'
import { UsageError } from '../../src/cli/command.ts'
import { main } from '../../src/cli/main.ts'

/** A command in this process, which takes a fraction of the time that one of its own takes; paths have to be whole. */
export async function command(args: readonly string[], env: Record<string, string> = {}) {
  const said = { out: '', err: '' }
  const into = (stream: 'out' | 'err') => (text: string | Uint8Array) => {
    said[stream] += String(text)
    return true
  }
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(into('out')),
    vi.spyOn(process.stderr, 'write').mockImplementation(into('err')),
  ]
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  try {
    return { code: await main([...args]), ...said }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { code: error instanceof UsageError ? 2 : 1, out: said.out, err: `${said.err}${message}\n` }
  } finally {
    vi.unstubAllEnvs()
    for (const spy of spies) spy.mockRestore()
  }
}

import { reasonOf } from '../server/node.ts'
import { createSecrets } from '../server/secrets.ts'
import { command, type Values } from './command.ts'
import { createServer, dataOptions, nobody, openData, say } from './foundation.ts'

/** A finding: what was looked at, whether it is well, and what to do if not. */
interface Finding {
  about: string
  problem?: string
}

export const doctor = command({
  name: 'doctor',
  summary: 'look whether everything that serve needs is well, and change nothing',
  options: dataOptions,
  more: 'Exits with 1 when something is not.',
  async run(values: Values) {
    const findings: Finding[] = []
    const data = await openData(values, (line) => findings.push({ about: 'master key file', problem: line }))
    const check = async (about: string, look: () => Promise<string | undefined>) => {
      const problem = await look().catch(reasonOf)
      findings.push({ about, ...(problem && { problem }) })
      return problem === undefined
    }
    try {
      const { store, masterKey } = data
      const isReachable = await check('database', async () => void (await store.ping()))
      const isCurrent =
        isReachable &&
        (await check('schema', async () => {
          const pending = await store.pendingSteps()
          return pending.length === 0 ? undefined : `${pending.length} steps behind. Run totp-flow migrate.`
        }))
      if (isCurrent) {
        await check('signing keys open with the master key', () =>
          createServer(values, data, { identity: nobody })
            .ready()
            .then(() => undefined),
        )
        await check('secrets are sealed by the current master key', async () => {
          const left = await store.countSealedDevices(await createSecrets(masterKey.keys).keyId())
          return left === 0
            ? undefined
            : `${left} are sealed by an older one. Run totp-flow keys rotate --master to go on.`
        })
      }
    } finally {
      await data.store.close()
    }
    for (const { about, problem } of findings) say(problem ? `✗ ${about}: ${problem}` : `✓ ${about}`)
    return findings.some(({ problem }) => problem) ? 1 : 0
  },
})

import { openStore, reasonOf, StartError } from '../server/node/index.ts'
import { command, type Values } from './command.ts'
import { databaseOf, dataOptions, say } from './common.ts'

const options = { database: dataOptions.database }

export const migrate = command({
  name: 'migrate',
  summary: 'bring the database up to date, which serve also does by itself',
  options,
  more: 'Forward only, and safe to run while others do the same.',
  async run(values: Values) {
    const { store } = await openStore(databaseOf(values))
    let steps = 0
    try {
      await store.prepare((step) => {
        steps++
        say(step)
      })
    } catch (cause) {
      throw new StartError(
        `The database cannot be migrated (${reasonOf(cause)}). Check DATABASE_URL, and try again.`,
        {
          cause,
        },
      )
    } finally {
      await store.close()
    }
    say(steps === 0 ? 'The database was up to date.' : `${steps} steps done.`)
    return 0
  },
})

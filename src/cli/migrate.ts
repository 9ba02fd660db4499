import { openStore, reasonOf, StartError } from '../server/node/index.ts'
import { command, type Options, type Values } from './command.ts'
import { createServer, databaseOf, dataOptions, nobody, openData, readyOrSay, say } from './common.ts'

const options = {
  ...dataOptions,
  'new-database': {
    type: 'boolean',
    about: 'for an empty database with an existing key: makes the first signing key, so that serve starts',
  },
} as const satisfies Options

export const migrate = command({
  name: 'migrate',
  summary: 'bring the database up to date, which serve also does by itself',
  options,
  more: 'Migrations only go forward. Several nodes may run them at once.',
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
    if (values['new-database'] === true) await makeKeys(values)
    say(steps === 0 ? 'The database was up to date.' : `${steps} steps done.`)
    return 0
  },
})

async function makeKeys(values: Values): Promise<void> {
  const data = await openData(values, say, { make: true, isNew: true })
  try {
    const isFirst = (await data.store.signingKeys()).length === 0
    await readyOrSay(createServer(values, data, { identity: nobody }))
    if (isFirst) say('Made the first signing key.')
  } finally {
    await data.store.close()
  }
}

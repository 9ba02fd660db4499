import type { TotpServer } from '../server/index.ts'
import type { Values } from './command.ts'
import { createServer, nobody, openData, readyOrSay, say } from './common.ts'
import { eventLog } from './event-log.ts'

/** Runs `act` with a server over the data, whose log goes to standard output or to `onEvent`. */
export async function withServer<Result>(
  values: Values,
  act: (server: TotpServer) => Promise<Result>,
  onEvent = eventLog(values),
): Promise<Result> {
  const data = await openData(values, say)
  try {
    const server = createServer(values, data, { identity: nobody, onEvent })
    await readyOrSay(server)
    return await act(server)
  } finally {
    await data.store.close()
  }
}

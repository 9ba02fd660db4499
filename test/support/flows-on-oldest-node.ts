/** Run by the oldest Node that the package claims, flow and commands alike. */
import { flowsOverCommands } from './flows-over-commands.ts'
import { commandFromSource } from './server-process.ts'

const NODE_OPTIONS = '--experimental-strip-types --disable-warning=ExperimentalWarning'
await flowsOverCommands(process.cwd(), commandFromSource(process.execPath), { NODE_OPTIONS })
process.stdout.write(`done on ${process.version}`)

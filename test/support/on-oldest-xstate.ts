/** Makes sure that tests of the oldest XState do not run on the newest by mistake. */
import { createActor } from 'xstate'

const oldest = await import(/* @vite-ignore */ process.env.OLDEST_XSTATE ?? '')
if (oldest.createActor !== createActor) throw new Error(`This is not ${process.env.OLDEST_XSTATE}.`)

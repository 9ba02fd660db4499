import { useContext } from 'react'
import { en } from '../../messages/en.ts'
import type { Messages } from '../../messages/messages.ts'
import { MessagesContext } from './provider.tsx'

/** Returns the words of the components. A page that uses only the hooks does not load them. */
export const useMessages = (): Messages => useContext(MessagesContext) ?? en

import { useContext } from 'react'
import { en } from '../../messages/en.ts'
import type { Messages } from '../../messages/messages.ts'
import { MessagesContext } from './provider.tsx'

/** The words that the components say. A page of hooks alone loads no English for them. */
export const useMessages = (): Messages => useContext(MessagesContext) ?? en

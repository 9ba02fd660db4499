/** @vitest-environment jsdom */
import { walk } from './walk.ts'

walk('jsdom')

/** @vitest-environment happy-dom */
import { walk } from './walk.ts'

walk('happy-dom')

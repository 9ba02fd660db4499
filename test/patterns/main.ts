/** Fails when a regular expression of what we publish, or show, can take more than linear time: `npm run check`. */
import { bounded } from './bounded.ts'
import { checkPatterns } from './check-patterns.ts'

const { count, complaints } = checkPatterns(['src', 'machines', 'packages', 'examples'], bounded)
for (const complaint of complaints) console.error(complaint)
if (complaints.length > 0) process.exitCode = 1
else
  console.log(
    `${count - bounded.length} of ${count} regular expressions are linear; the others have a reason.`,
  )

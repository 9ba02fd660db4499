/**
 * `npm run release -- 1.2.3`: makes a commit and a tag that can be published, or says what is in the way. With `--dry-run`
 * it goes through all the same, and makes nothing.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import manifest from '../package.json' with { type: 'json' }

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { 'dry-run': { type: 'boolean', default: false } },
})
const [version = ''] = positionals
const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim()

function stop(why: string): never {
  console.error(why)
  process.exit(1)
}
function must(script: string) {
  const { status } = spawnSync('npm', ['run', script], { stdio: 'inherit' })
  if (status !== 0) stop(`npm run ${script} failed. Nothing was changed.`)
}

if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) stop('Say which version: npm run release -- 1.2.3')
if (!('repository' in manifest))
  stop(
    'package.json names no "repository", which has to be the one that publishes: npm checks provenance by it.',
  )
if (!('author' in manifest)) stop('package.json names no "author".')
if (git('status', '--porcelain') !== '') stop('There are changes that are not committed.')
if (git('tag', '--list', `v${version}`) !== '') stop(`There is a v${version} already.`)
const changelog = readFileSync('CHANGELOG.md', 'utf8')
if (!/^## Unreleased\n\n(?!## )\S/m.test(changelog)) stop('CHANGELOG.md lists nothing under "Unreleased".')
must('reference')
if (git('status', '--porcelain') !== '') stop('docs/api was out of date: commit it first.')
must('test')
must('heard')
must('consumers')
if (values['dry-run']) {
  console.log(`v${version} can be made. Nothing was changed.`)
  process.exit()
}

const today = new Date().toISOString().slice(0, 10)
writeFileSync(
  'CHANGELOG.md',
  changelog.replace('## Unreleased\n', `## Unreleased\n\n## ${version} (${today})\n`),
)
execFileSync('npm', ['version', version, '--no-git-tag-version'])
git('commit', '--quiet', '--all', '--message', `Release ${version}`)
git('tag', `v${version}`)
console.log(
  `Made v${version}. Push it with its tag; the job of the tag runs: npm publish --provenance --access public`,
)

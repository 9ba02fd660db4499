import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import totpFlow from '../package.json' with { type: 'json' }
import statescope from '../packages/statescope/package.json' with { type: 'json' }

it.each([
  ['totp-flow', totpFlow, 'xstate-5.28'],
  ['statescope', statescope, 'xstate-5.19'],
])('the oldest XState that %s accepts is the one that its tests run on', (_name, manifest, project) => {
  const { version } = JSON.parse(readFileSync(`node_modules/${project}/package.json`, 'utf8'))
  const [major, minor] = version.split('.')
  expect(version).toBe(`${major}.${minor}.0`)
  expect(manifest.peerDependencies.xstate).toBe(`>=${major}.${minor} <6`)
  expect(readFileSync('vitest.config.ts', 'utf8')).toContain(`onXState('${project}')`)
})

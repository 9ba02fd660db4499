import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

const FILE = 'THIRD-PARTY-NOTICES.txt'

/** The licenses that we may pass on with their text alone. Any other ends the build, so that a person reads it. */
const WITH_TEXT = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT']
/** Those that ask for a statement of where the source code is, too (EPL-2.0 §3.1). */
const WITH_SOURCE = ['EPL-2.0']

/** Vite's file goes on with those of its own dependencies, which are in no bundle. */
const OF_OTHERS = /^# Licenses of bundled dependencies$/m

/** Puts the licenses of all packages that a bundle contains next to it, and names that file in every script. */
export function thirdPartyNotices(): Plugin {
  let root = ''
  return {
    name: 'totp-flow:third-party-notices',
    configResolved(config) {
      root = config.root
    },
    outputOptions: (options) => ({ ...options, postBanner: `/*! Third-party notices: ${FILE} */` }),
    generateBundle(_options, bundle) {
      const ids = Object.values(bundle).flatMap((file) =>
        file.type === 'asset'
          ? file.originalFileNames.map((name) => resolve(root, name))
          : Object.entries(file.modules).flatMap(([id, { renderedLength }]) =>
              renderedLength > 0 ? [id] : [],
            ),
      )
      const folders = new Set(ids.flatMap((id) => folderOf(id) ?? []))
      const notices = [...folders].sort().map(noticeOf)
      this.emitFile({ type: 'asset', fileName: FILE, source: [HEAD, ...notices].join(RULE) })
    },
  }
}

const HEAD = 'This folder contains code of the packages below, under the licenses that follow.\n'
const RULE = `\n${'-'.repeat(80)}\n\n`

/** The folder of the package that a module comes from; the bundler's own snippets have ids such as `\0rolldown/runtime.js`. */
function folderOf(id: string): string | undefined {
  const own = /^\0(vite|rolldown)\b/.exec(id)?.[1]
  if (own) return fileURLToPath(new URL(`../node_modules/${own}`, import.meta.url))
  return /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replaceAll('\\', '/'))?.[0]
}

/** A package's name, version, license, source and texts. Throws when the license is unknown or its text missing. */
export function noticeOf(folder: string): string {
  const { name, version, license, repository } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  )
  const offered = String(license).split(' OR ')
  const taken = [...WITH_TEXT, ...WITH_SOURCE].find((known) => offered.includes(known))
  if (!taken)
    throw new Error(`${name} is under ${license}. Read it, and add it to release/third-party-notices.ts.`)
  const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|copying|notice)\b/i.test(file))
  if (!files.some((file) => !/^notice/i.test(file))) throw new Error(`${name} has no file with its license.`)
  const url = sourceOf(repository)
  if (!url && WITH_SOURCE.includes(taken)) throw new Error(`${name} does not say where its source code is.`)
  const texts = files.map(
    (file) => readFileSync(join(folder, file), 'utf8').split(OF_OTHERS)[0]?.trim() ?? '',
  )
  return [
    `${name} ${version}, under ${taken}${url ? `, from ${url}` : ''}`,
    ...(WITH_SOURCE.includes(taken)
      ? [
          `The source code of ${name} ${version} is available under ${taken}, free of charge: at ${url},\nand as version ${version} of the npm package ${name}.`,
        ]
      : []),
    ...texts,
    '',
  ].join('\n\n')
}

function sourceOf(repository: string | { url?: string } | undefined): string | undefined {
  const given = typeof repository === 'string' ? repository : repository?.url
  const url = given?.replace(/^git\+/, '').replace(/\.git$/, '')
  return url && /^[\w.-]+\/[\w.-]+$/.test(url) ? `https://github.com/${url}` : url
}

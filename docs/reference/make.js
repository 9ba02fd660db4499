/** Writes docs/api from the docstrings of every entry: `npm run reference`. */
import { fileURLToPath } from 'node:url'
import { Application } from 'typedoc'
import manifest from '../../package.json' with { type: 'json' }

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
/** The standalone files give what other entries give, and a stylesheet has no docstrings. */
const entries = Object.entries(manifest.exports)
  .map(([entry, { 'totp-flow-source': source }]) => ({ entry, source }))
  .filter(({ entry, source }) => /\.tsx?$/.test(source) && !entry.startsWith('./standalone'))

const app = await Application.bootstrapWithPlugins({
  entryPoints: entries.map(({ source }) => at(source)),
  tsconfig: at('tsconfig.json'),
  plugin: ['typedoc-plugin-markdown'],
  out: at('docs/api'),
  name: 'totp-flow: API reference',
  readme: 'none',
  skipErrorChecking: true, // `npm run check` does that, by the package's own TypeScript
  excludeExternals: true,
  excludePrivate: true,
  disableSources: true,
  hideGenerator: true,
  router: 'module',
  logLevel: 'Error',
})
const project = await app.convert()
if (!project) throw new Error('The sources could not be read.')
const moduleOf = (source) => source.replace(/^\.\//, '').replace(/(\/index)?\.tsx?$/, '')
const names = new Map(entries.map(({ entry, source }) => [moduleOf(source), `totp-flow${entry.slice(1)}`]))
for (const module of project.children ?? []) module.name = names.get(module.name) ?? module.name
await app.generateOutputs(project)

const isBare = (given) =>
  !given.isReference() && ![given, ...(given.signatures ?? [])].some((one) => one.hasComment())
const bare = (project.children ?? []).flatMap(({ name, children = [] }) =>
  children.filter(isBare).map((given) => `${given.name} of ${name}`),
)
if (bare.length > 0) console.error(`No docstring says what these are: ${bare.join(', ')}`)
if (bare.length > 0 || app.logger.hasErrors()) process.exitCode = 1

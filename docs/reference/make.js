/** Writes docs/api from the docstrings of every entry: `npm run reference`. */
import { fileURLToPath } from 'node:url'
import { Application, PageEvent, ReflectionKind, UnknownType } from 'typedoc'
import manifest from '../../package.json' with { type: 'json' }
import statescope from '../../packages/statescope/package.json' with { type: 'json' }

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
/** The standalone files give what other entries give, and a stylesheet has no docstrings. */
const entries = [
  [manifest, ''],
  [statescope, 'packages/statescope/'],
]
  .flatMap(([{ name, exports }, folder]) =>
    Object.entries(exports).map(([entry, conditions]) => ({
      name: `${name}${entry.slice(1)}`,
      source: `${folder}${conditions[`${name}-source`]}`,
    })),
  )
  .filter(({ name, source }) => /\.tsx?$/.test(source) && !name.startsWith('totp-flow/standalone'))

const app = await Application.bootstrapWithPlugins({
  entryPoints: entries.map(({ source }) => at(source)),
  tsconfig: at('tsconfig.json'),
  plugin: ['typedoc-plugin-markdown'],
  out: at('docs/api'),
  name: 'totp-flow: API reference',
  readme: 'none',
  skipErrorChecking: true, // `npm run check` does that, by the package's own TypeScript
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeProtected: true,
  excludeNotDocumented: true,
  excludeNotDocumentedKinds: ['Constructor', 'ConstructorSignature'],
  disableSources: true,
  hideGenerator: true,
  hidePageHeader: true,
  indexFormat: 'table',
  interfacePropertiesFormat: 'table',
  parametersFormat: 'table',
  typeDeclarationFormat: 'table',
  propertyMembersFormat: 'table',
  router: 'module',
  sort: ['source-order'],
  groupOrder: ['Functions', 'Classes', 'Interfaces', 'Constructors', 'Properties', '*'],
  logLevel: 'Error',
})
const project = await app.convert()
if (!project) throw new Error('The sources could not be read.')

for (const one of Object.values(project.reflections)) {
  if (String(one.type).startsWith('{ (input: RequestInfo')) one.type = new UnknownType('typeof fetch')
  // What XState and Vitest infer would fill pages.
  if (one.type?.type === 'reference' && String(one.type).length > 400) one.type.typeArguments = undefined
  // A parameter that is taken apart has no name.
  if (one.name === '__namedParameters') one.name = String(one.type).includes('Props') ? 'props' : 'given'
}

/** What TypeScript spells out wherever it is used, by the name that it has in the sources; and pages that are named, as links. */
app.renderer.on(PageEvent.END, (page) => {
  const up = '../'.repeat(page.url.split('/').length - 1)
  const linkTo = (name) => `[\`${name}\`](${up}totp-flow.md#${name.toLowerCase()})`
  page.contents = page.contents
    .replace(/(`"\w+"` \\\| ){9,}`"\w+"`/g, linkTo('TotpErrorCode'))
    .replace(/(?<!\*\*Scope\*\* = )`` `\$\{string\}:\$\{string\}` ``/g, linkTo('Scope'))
    .replace('- `Base`', '- `HTMLElement`') // where there is one
    .replace(/\b(packages\/[\w-]+\/)?README\.md#[\w-]+/g, `[$&](${up}../../$&)`)
    .replace(/\bdocs\/([\w/-]+\.(md|json)(#[\w-]+)?)/g, `[$&](${up}../$1)`)
})
await app.generateOutputs(project)

const modules = project.children ?? []
const isBare = (given) =>
  !given.isReference() && ![given, ...(given.signatures ?? [])].some((one) => one.hasComment())
const methods = project
  .getReflectionsByKind(ReflectionKind.Method)
  .filter(({ parent }) => parent?.kindOf(ReflectionKind.ClassOrInterface))
const bare = [...modules, ...modules.flatMap(({ children = [] }) => children), ...methods].filter(isBare)
if (bare.length > 0)
  console.error(`No docstring says what these are: ${bare.map((given) => given.getFullName()).join(', ')}`)
const unnamed = entries.filter(({ name }) => !modules.some((module) => module.name === name))
if (unnamed.length > 0)
  console.error(`No @module says that it is one of these: ${unnamed.map(({ name }) => name).join(', ')}`)
if (bare.length > 0 || unnamed.length > 0 || app.logger.hasErrors()) process.exitCode = 1

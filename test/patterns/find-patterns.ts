import { type ESTree, parseSync, Visitor } from 'vite'

/** A regular expression of a source file; one that is put together at run time has no `pattern`. */
export interface Found {
  file: string
  /** As it stands in the source. */
  code: string
  pattern?: string
  flags: string
}

/** The string methods that compile a string as a regular expression. */
const COMPILING = ['match', 'matchAll', 'search']

/** Every regular expression in a TypeScript or JavaScript file, or in the scripts of a page. */
export function findPatterns(file: string, text: string): Found[] {
  if (/\.[cm]?[jt]sx?$/.test(file)) return findInScript(file, file, text)
  return [...text.matchAll(/<script\b([^>]*)>(.*?)<\/script>/gs)].flatMap(([, attributes, script = '']) =>
    findInScript(file, /lang="ts"/.test(attributes ?? '') ? 'script.ts' : 'script.js', script),
  )
}

function findInScript(file: string, name: string, text: string): Found[] {
  const { program, errors } = parseSync(name, text)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`)
  const found: Found[] = []
  const known = new Set<number>()
  const code = ({ start, end }: ESTree.Span) => text.slice(start, end)

  function compiled(at: ESTree.Span, [pattern, flags]: ESTree.Argument[]): void {
    if (pattern?.type === 'Literal' && 'regex' in pattern && !flags) return // counted as a literal
    const fixed = { pattern: textOf(pattern), flags: flags ? textOf(flags) : '' }
    const isFixed = fixed.pattern !== undefined && fixed.flags !== undefined
    found.push({ file, code: code(at), flags: fixed.flags ?? '', ...(isFixed && { pattern: fixed.pattern }) })
  }
  function constructed(at: ESTree.NewExpression | ESTree.CallExpression): void {
    if (!isRegExp(at.callee)) return
    known.add(at.callee.end)
    compiled(at, at.arguments)
  }

  new Visitor({
    Literal(node) {
      if ('regex' in node) found.push({ file, code: code(node), ...node.regex })
    },
    NewExpression: constructed,
    CallExpression(node) {
      constructed(node)
      const [first] = node.arguments
      const isText = first?.type === 'TemplateLiteral' || textOf(first) !== undefined
      if (first && isText && COMPILING.includes(nameOf(node.callee))) compiled(node, [first])
    },
    TSTypeReference({ typeName }) {
      known.add(typeName.end)
    },
    BinaryExpression({ operator, right }) {
      if (operator === 'instanceof') known.add(right.end)
    },
    MemberExpression({ object }) {
      known.add(object.end) // RegExp.escape, RegExp.prototype
    },
    Identifier(node) {
      // Under another name, `RegExp` could compile anything.
      if (node.name === 'RegExp' && !known.has(node.end)) found.push({ file, code: code(node), flags: '' })
    },
  }).visit(program)
  return found
}

function nameOf(callee: ESTree.Expression): string {
  const name = callee.type === 'MemberExpression' ? callee.property : callee
  return name.type === 'Identifier' ? name.name : ''
}
const isRegExp = (callee: ESTree.Expression) => nameOf(callee) === 'RegExp'

function textOf(node: ESTree.Argument | undefined): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node?.type === 'TemplateLiteral' && node.quasis.length === 1) return node.quasis[0]?.value.cooked ?? ''
  return undefined
}

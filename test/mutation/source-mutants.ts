import { readFileSync } from 'node:fs'
import { parseSync } from 'vite'
import type { Mutant } from './mutant.ts'

/** A node of the syntax tree, as far as it is looked at. */
interface Node {
  type: string
  start: number
  end: number
  [key: string]: unknown
}
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value
const partsOf = (node: Node, key: string): Node[] => [node[key]].flat().filter(isNode)
const childrenOf = (node: Node): Node[] => Object.keys(node).flatMap((key) => partsOf(node, key))

interface Change {
  kind: string
  from: number
  to: number
  text: string
}

const OTHER_OPERATOR: Record<string, string> = {
  '===': '!==',
  '!==': '===',
  '>': '>=',
  '<': '<=',
  '+': '-',
  '-': '+',
  '**': '*',
  '&&': '||',
  '||': '&&',
}
const OTHER_CALL: Record<string, string> = { every: 'some', some: 'every', min: 'max', max: 'min' }
/** Without such a call, what it is called on can stand in its place. */
const STEPS: readonly string[] = ['filter', 'sort']
const YES_OR_NO: readonly string[] = ['true', 'false']
const LITERALS: Record<string, string> = {
  true: 'false',
  false: 'true',
  null: 'undefined',
  "''": "'x'",
  '0': '1',
}

/** The lies that can be told in one place of the source, by the kind of place. */
function changesOf(node: Node, source: string): Change[] {
  const textOf = ({ start, end }: Node) => source.slice(start, end)
  const within = (kind: string, from: number, to: number, text: string): Change => ({ kind, from, to, text })
  const whole = (kind: string, part: Node, text: string) => within(kind, part.start, part.end, text)
  const part = (key: string): Node => partsOf(node, key)[0] ?? node
  const decided = (test: Node) => YES_OR_NO.map((text) => whole('condition decided', test, text))
  /** Each part of a list left out, with its comma. */
  const without = (parts: readonly Node[]) =>
    parts.map(({ start, end }, index) =>
      within(
        'part dropped',
        parts[index + 1] || index === 0 ? start : (parts[index - 1]?.end ?? start),
        parts[index + 1]?.start ?? end,
        '',
      ),
    )
  const emptied = (body: Node, text: string) =>
    textOf(body) === text ? [] : [whole('body emptied', body, text)]
  const operatorSwapped = (): Change[] => {
    const other = OTHER_OPERATOR[String(node.operator)]
    const at = source.indexOf(String(node.operator), part('left').end)
    return other ? [within('operator swapped', at, at + String(node.operator).length, other)] : []
  }

  switch (node.type) {
    case 'ExpressionStatement':
      return [whole('statement dropped', node, '')]
    case 'ReturnStatement':
      return node.argument === null ? [whole('statement dropped', node, '')] : []
    case 'IfStatement':
    case 'ConditionalExpression':
      return decided(part('test'))
    case 'BinaryExpression':
      return /[=<>]/.test(String(node.operator))
        ? [...operatorSwapped(), ...decided(node)]
        : operatorSwapped()
    case 'LogicalExpression':
      return [
        ...operatorSwapped(),
        whole('operand dropped', node, textOf(part('left'))),
        whole('operand dropped', node, textOf(part('right'))),
      ]
    case 'UnaryExpression':
      return node.operator === '!' ? [whole('negation dropped', node, textOf(part('argument')))] : []
    case 'Literal':
      return [
        whole(
          'literal changed',
          node,
          LITERALS[textOf(node)] ?? (typeof node.value === 'number' ? `${textOf(node)} * 2` : "''"),
        ),
      ]
    case 'Identifier':
      return node.name === 'undefined' ? [whole('literal changed', node, 'null')] : []
    case 'MemberExpression': {
      const at = source.indexOf('?.', part('object').end)
      return node.optional === true ? [within('optional chain', at, at + 2, '.')] : []
    }
    case 'ArrayExpression':
      return without(partsOf(node, 'elements'))
    case 'ObjectExpression': {
      const signals = partsOf(node, 'properties').filter((one) => textOf(one) === 'signal')
      const forgotten = 'signal: new AbortController().signal'
      return [
        ...without(partsOf(node, 'properties')),
        ...signals.map((one) => whole('abort forgotten', one, forgotten)),
      ]
    }
    case 'CallExpression': {
      const [object, property] = [
        ...partsOf(part('callee'), 'object'),
        ...partsOf(part('callee'), 'property'),
      ]
      const name = property ? textOf(property) : ''
      const other = OTHER_CALL[name]
      return [
        ...(object && STEPS.includes(name) ? [within('call dropped', object.end, node.end, '')] : []),
        ...(property && other ? [whole('call swapped', property, other)] : []),
      ]
    }
    case 'ArrowFunctionExpression':
      return emptied(part('body'), node.expression === true ? 'undefined' : '{}')
    case 'FunctionDeclaration':
      return emptied(part('body'), '{}')
    default:
      return []
  }
}

/** Types tell no lies that a test could find: `tsc` reads them. */
const isErased = ({ type }: Node) =>
  /^(Import|TS)/.test(type) && !/^TS(As|Satisfies|NonNull)Expression$/.test(type)

/** Every mutant of a source file, but for the chart's object, which {@link chartMutants} changes as XState has it. */
export function sourceMutants(file: string): Mutant[] {
  const source = readFileSync(file, 'utf8')
  const isChart = ({ start }: Node) => source.slice(0, start).endsWith('.createMachine(')
  const changes: Change[] = []

  function visit(node: Node): void {
    if (isErased(node)) return
    if (!isChart(node)) changes.push(...changesOf(node, source))
    for (const child of childrenOf(node)) {
      const isName = child === node.key || (node.type === 'MemberExpression' && child === node.property)
      const isOfChart = isChart(node) && partsOf(child, 'key')[0]?.name !== 'context'
      if (!isName && !isOfChart) visit(child)
    }
  }
  for (const node of partsOf(parseSync(file, source).program as unknown as Node, 'body')) visit(node)

  const known = new Map<string, Mutant>()
  for (const { kind, from, to, text } of changes) {
    const edit = { start: from, end: to, text }
    known.set(JSON.stringify(edit), { kind, file, says: inWords(source, edit), edit })
  }
  return [...known.values()]
}

/** The lines that change, before and after. */
function inWords(source: string, { start, end, text }: NonNullable<Mutant['edit']>): string {
  const from = source.lastIndexOf('\n', start - 1) + 1
  const to = source.indexOf('\n', end)
  const brief = (lines: string) => {
    const line = lines.replaceAll(/\s+/g, ' ').trim()
    return line.length > 240 ? `${line.slice(0, 110)} … ${line.slice(-110)}` : line
  }
  return `${brief(source.slice(from, to))} → ${brief(source.slice(from, start) + text + source.slice(end, to))}`
}

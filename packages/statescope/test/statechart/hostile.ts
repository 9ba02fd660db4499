/** What a message may hold in place of a name, to become markup or code where it is not drawn as text. */
export const PAYLOADS = [
  '"><img src=x onerror="ran=1">',
  "'><img src=x onerror='ran=1'>",
  '" onload="ran=1" onerror="ran=1" x="',
  "' onload='ran=1' onmouseover='ran=1' x='",
  '</text></title></style></svg><script>ran=1</script><img src=x onerror=ran=1>',
  '--><![CDATA[ ]]><svg><script>ran=1</script></svg><svg onload=ran=1>',
  '<foreignObject><iframe srcdoc="<script>parent.ran=1</script>"></iframe></foreignObject>',
  '<a xlink:href="javascript:ran=1"><animate attributeName=href values=javascript:ran=1 /></a>',
  'javascript:ran=1;url("javascript:ran=1");background:url(data:text/html,<script>ran=1</script>)',
  '\u0000\u0008\ufffe\ud800\u202e\u2066<img src=x onerror=ran=1>',
] as const

/** What has a meaning of its own in JavaScript, in Lit or in the picture. */
export const NAMES = [
  'constructor',
  'toString',
  'hasOwnProperty',
  'head',
  'a.b',
  'a\\.b',
  '?lit$0$',
  '[0]',
] as const

/** A template of Lit, as a message between windows could bring it: an array keeps its `raw` on that way. */
export const TEMPLATE = {
  _$litType$: 1,
  strings: Object.assign(['<img src=x onerror="ran=1">'], { raw: ['<img src=x onerror="ran=1">'] }),
  values: [],
}

/** A machine that says everything that a definition can say. */
export const DEFINITION = {
  id: 'machine',
  type: 'compound',
  version: '1',
  description: 'What it is for',
  initial: 'first',
  context: { note: 'a note' },
  states: {
    first: {
      id: 'given',
      type: 'compound',
      key: 'first',
      description: 'Where it begins',
      tags: ['tag'],
      meta: { note: 'a note' },
      entry: ['enter', { type: 'enterWith', params: { by: 'a door' } }],
      exit: 'leave',
      invoke: [
        {
          id: 'child',
          src: 'load',
          systemId: 'system',
          input: 'an input',
          onDone: '#other',
          onError: { target: '#other', guard: 'isBad', actions: ['warn'] },
        },
      ],
      on: {
        'go.on': { target: '#other', guard: { type: 'isAllowed' }, actions: 'walk', description: 'On' },
        stay: { actions: 'wait' },
        '*': { actions: 'wonder' },
      },
      after: { soon: '#other' },
      always: { target: '#other', guard: 'isReady' },
      initial: 'within',
      states: { within: {}, back: { type: 'history', history: 'deep', target: 'within' } },
    },
    second: { id: 'other', type: 'parallel', states: { left: {}, right: {} } },
    last: { type: 'final', output: 'an output' },
  },
}

/** The same as often as it holds strings, each time with another one replaced: every value, and every key. */
export function withEachReplaced(given: unknown, payload: unknown): unknown[] {
  if (typeof given === 'string') return [payload]
  if (typeof given !== 'object' || given === null) return []
  if (Array.isArray(given)) {
    return given.flatMap((part, at) => withEachReplaced(part, payload).map((other) => given.with(at, other)))
  }
  const entries = Object.entries(given)
  return entries.flatMap(([key, part], at) => [
    ...withEachReplaced(part, payload).map((other) => Object.fromEntries(entries.with(at, [key, other]))),
    ...(typeof payload === 'string' ? [Object.fromEntries(entries.with(at, [payload, part]))] : []),
  ])
}

/** The kinds of elements that the chart and the viewer are made of. */
const KINDS = new Set(
  (
    'div p button svg defs marker path g title rect text tspan circle ' +
    'label select option input span section h2 code time b state-chart details summary form state-value'
  ).split(' '),
)

interface Seen {
  kind: string
  attributes: string[]
}

/** Every element in a root and the shadow roots within. It names nothing of this file, so that it can run in another page. */
export function elementsIn(root: ParentNode | null | undefined): Seen[] {
  const found: Seen[] = []
  const roots = root ? [root] : []
  for (let next = roots.pop(); next; next = roots.pop()) {
    for (const element of next.querySelectorAll('*')) {
      found.push({ kind: element.localName, attributes: element.getAttributeNames() })
      if (element.shadowRoot) roots.push(element.shadowRoot)
    }
  }
  return found
}

/** What of it neither the chart nor the viewer makes. */
export const strangersAmong = (seen: readonly Seen[]): string[] =>
  seen.flatMap(({ kind, attributes }) => [
    ...(KINDS.has(kind) ? [] : [`<${kind}>`]),
    ...attributes
      .filter((name) => /^on|href|^src|^(action|formaction|is)$|[^a-z0-9-]/i.test(name) && name !== 'viewBox')
      .map((name) => `<${kind} ${name}>`),
  ])

/** The same of a shadow root, which has to be there. */
export const strangersIn = (root: ShadowRoot | null | undefined) =>
  root ? strangersAmong(elementsIn(root)) : ['no shadow root']

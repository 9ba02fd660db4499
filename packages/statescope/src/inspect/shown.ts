/** Enough for a person to read, and a few milliseconds of work. */
const MOST_PARTS = 5_000
const MOST_LETTERS = 256 * 1024
const LONGEST_TEXT = 16 * 1024
const DEEPEST = 100
/** How many bytes of binary data to show: the first ones tell what it is. */
const FIRST_BYTES = 16

type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

interface Waiting {
  source: object
  into: Json[] | { [name: string]: Json }
  path: string
  depth: number
}

/**
 * Writes a value as JSON to show. Names what JSON cannot write in brackets, such as `[NaN]` or `[function click]`; a getter that
 * throws becomes `[threw: …]`. Works level by level, so that large values keep their outer levels; the rest becomes `[cut]`. A
 * repeated object becomes `[same as context.user]`, so shared parts are written once and circles end.
 */
export function shown(value: unknown): Json {
  return new Writer().write(value)
}

class Writer {
  #parts = MOST_PARTS
  #letters = MOST_LETTERS
  readonly #known = new Map<object, string>()
  readonly #waiting: Waiting[] = []

  write(value: unknown): Json {
    const whole = this.#part(value, '', 0)
    // The list grows during the loop.
    for (const next of this.#waiting) {
      try {
        this.#fill(next)
      } catch (error) {
        put(next.into, '[threw]', threw(error))
      }
    }
    return whole
  }

  #part(value: unknown, path: string, depth: number): Json {
    this.#parts -= 1
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'number':
        if (Object.is(value, -0)) return '[-0]'
        return Number.isFinite(value) ? value : `[${value}]`
      case 'boolean':
        return value
      case 'bigint':
        return this.#text(`[${value}n]`)
      case 'object':
        return value === null ? null : this.#object(value, path, depth)
      case 'function':
        return this.#text(`[function ${nameOf(value)}]`)
      default:
        return this.#text(`[${String(value)}]`)
    }
  }

  #object(value: object, path: string, depth: number): Json {
    const known = this.#known.get(value)
    if (known !== undefined) return this.#text(`[same as ${known || 'the whole'}]`)
    this.#known.set(value, path)
    try {
      const named = inWords(value)
      if (named !== undefined) return this.#text(named)
      if ('toJSON' in value && typeof value.toJSON === 'function') {
        const told: unknown = value.toJSON()
        if (told !== value)
          return this.#parts <= 0 || depth >= DEEPEST ? '[cut]' : this.#part(told, path, depth + 1)
      }
    } catch (error) {
      return this.#text(threw(error))
    }
    if (depth >= DEEPEST) return '[cut: too deep]'
    const into: Waiting['into'] = Array.isArray(value) ? [] : {}
    this.#waiting.push({ source: value, into, path, depth: depth + 1 })
    return into
  }

  #fill({ source, into, path, depth }: Waiting): void {
    const within = (name: string) => (path ? `${path}.${name}` : name)
    if (Array.isArray(into)) {
      const values = source as readonly unknown[]
      for (let index = 0; index < values.length; index++) {
        if (this.#isSpent()) {
          into.push(`[cut: ${values.length - index} more]`)
          return
        }
        into.push(this.#read(values, index, within(String(index)), depth))
      }
      return
    }
    if (isList(source)) {
      const name = `[${tagOf(source)}]`
      put(into, name, this.#list(source, within(name), depth))
    } else if (isError(source)) {
      for (const name of ['name', 'message', 'stack', 'cause', 'errors'])
        if (Reflect.get(source, name) !== undefined)
          put(into, name, this.#read(source, name, within(name), depth))
    }
    for (const name of Object.keys(source)) {
      if (Object.hasOwn(into, name)) continue
      if (this.#isSpent()) {
        put(into, '[cut]', 'there is more')
        return
      }
      put(into, this.#text(name), this.#read(source, name, within(name), depth))
    }
    for (const symbol of Object.getOwnPropertySymbols(source)) {
      if (this.#isSpent()) break
      const name = `[${String(symbol)}]`
      if (Object.prototype.propertyIsEnumerable.call(source, symbol))
        put(into, this.#text(name), this.#read(source, symbol, within(name), depth))
    }
    const kind = kindOf(source)
    if (Object.keys(into).length === 0 && kind !== 'Object' && kind !== '') put(into, '[class]', kind)
  }

  #list(values: Iterable<unknown>, path: string, depth: number): Json[] {
    const list: Json[] = []
    for (const value of values) {
      if (this.#isSpent()) {
        list.push('[cut]')
        break
      }
      list.push(this.#part(value, `${path}.${list.length}`, depth))
    }
    return list
  }

  #read(source: object, name: PropertyKey, path: string, depth: number): Json {
    try {
      return this.#part(Reflect.get(source, name), path, depth)
    } catch (error) {
      return this.#text(threw(error))
    }
  }

  #text(text: string): string {
    const most = Math.min(LONGEST_TEXT, Math.max(this.#letters, 0))
    this.#letters -= Math.min(text.length, most)
    return text.length <= most ? text : `${text.slice(0, most)} [cut: ${text.length - most} more characters]`
  }

  #isSpent(): boolean {
    return this.#parts <= 0 || this.#letters <= 0
  }
}

/** Sets a property of any name: `=` would set the prototype for `__proto__`. */
function put(into: Waiting['into'], name: string, value: Json): void {
  Object.defineProperty(into, name, { value, enumerable: true, configurable: true, writable: true })
}

const nameOf = (named: { name?: unknown }): string =>
  typeof named.name === 'string' && named.name !== '' ? named.name : 'without a name'

function threw(error: unknown): string {
  try {
    return `[threw: ${error instanceof Error ? error.message : String(error)}]`
  } catch {
    return '[threw]'
  }
}

/** Describes an object whose parts would tell too much or too little; `undefined` if its parts are shown. */
function inWords(value: object): string | undefined {
  const tag = tagOf(value)
  if (tag === 'Date' && Number.isNaN(Number(value))) return '[Invalid Date]'
  const boxed: unknown = BOXES.has(tag) ? value.valueOf() : value
  if (typeof boxed !== 'object') return `[${tag} ${String(boxed)}]`
  if (tag === 'RegExp') return `[RegExp ${value}]`
  if (ArrayBuffer.isView(value)) return ofBytes(value)
  if (isActor(value)) return `[actor ${value.id} (${value.sessionId})]`
  if (isPart(value)) return `[${ofElement(value)}]`
  if (isReactEvent(value)) return `[React event ${value.type}${at(value.target)}]`
  if (typeof Event === 'function' && value instanceof Event)
    return `[${kindOf(value)} ${value.type}${at(value.target)}]`
  if ('window' in value && value.window === value) return '[Window]'
  if (typeof Blob === 'function' && value instanceof Blob) {
    const name = 'name' in value ? ` ${value.name}` : ''
    return `[${kindOf(value)}${name} of ${value.size} bytes]`
  }
  const kind = kindOf(value)
  return OPAQUE.has(kind) ? `[${kind}]` : undefined
}

/** The type's tag, which also works for objects of other windows. */
const tagOf = (value: object): string => Object.prototype.toString.call(value).slice('[object '.length, -1)

/** Objects whose parts are what they iterate over. Not `Headers` and `FormData`, which carry credentials. */
const LISTS = new Set(['Map', 'Set', 'URLSearchParams'])
const isList = (value: object): value is Iterable<unknown> =>
  LISTS.has(tagOf(value)) && Symbol.iterator in value

/** Primitives in an object of their own. */
const BOXES = new Set(['Number', 'String', 'Boolean', 'BigInt', 'Symbol'])

const isError = (value: object): value is Error => value instanceof Error || tagOf(value) === 'Error'

/** Objects without readable parts, or with React's internals among them. */
const OPAQUE = new Set([
  'Promise',
  'WeakMap',
  'WeakSet',
  'WeakRef',
  'ArrayBuffer',
  'SharedArrayBuffer',
  'FiberNode',
])

const kindOf = ({ constructor: kind }: object): string => (typeof kind === 'function' ? kind.name : '')

function ofBytes(view: ArrayBufferView): string {
  if (!('length' in view) || typeof view.length !== 'number')
    return `[${kindOf(view)} of ${view.byteLength} bytes]`
  const { length } = view
  const first = Array.from({ length: Math.min(length, FIRST_BYTES) }, (_, index) => Reflect.get(view, index))
  return `[${kindOf(view)} of ${length}: ${first.join(', ')}${length > FIRST_BYTES ? ', …' : ''}]`
}

const isActor = (value: object): value is { id: string; sessionId: string } =>
  'sessionId' in value && 'getSnapshot' in value && typeof value.getSnapshot === 'function'

/** Whether a value is a DOM node, of this window or another. */
const isPart = (value: object): value is { nodeType: number; nodeName: string } =>
  'nodeType' in value && 'nodeName' in value && 'ownerDocument' in value && typeof value.nodeType === 'number'

function ofElement(part: { nodeName: string }): string {
  const kind = kindOf(part) || part.nodeName
  const name = part.nodeName.toLowerCase()
  const id = 'id' in part && typeof part.id === 'string' && part.id ? `#${part.id}` : ''
  const classes = 'className' in part && typeof part.className === 'string' ? part.className.trim() : ''
  return `${kind} ${name}${id}${classes && `.${classes.split(/\s+/).join('.')}`}`
}

const isReactEvent = (value: object): value is { type: string; target: unknown } =>
  'nativeEvent' in value && 'isDefaultPrevented' in value && 'type' in value

const at = (target: unknown): string =>
  typeof target === 'object' && target !== null && isPart(target) ? ` at ${ofElement(target)}` : ''

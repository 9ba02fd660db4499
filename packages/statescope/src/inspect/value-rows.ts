import { isRecord } from './message.ts'

/** A line of a value's tree. */
export interface ValueRow {
  /** The property names that lead to it. */
  path: readonly string[]
  level: number
  /** Its position among its siblings, and their number. */
  place: number
  siblings: number
  name: string
  text: string
  /** `null` if there is nothing inside. */
  isOpen: boolean | null
  /** The change since the previous value. */
  mark: 'new' | 'changed' | 'removed' | null
  value: unknown
  /** How many parts this line stands for that are not shown yet. */
  more: number
}

/** The key of a path. */
export const keyOf = (path: readonly string[]): string => JSON.stringify(path)

/** How many parts of a value are shown at once. */
export const PORTION = 100
/** A longer text can be opened. */
const LINE = 200

/** What is open and how much is shown, by path. */
export interface Look {
  isOpen: (path: readonly string[]) => boolean
  /** How many parts to show. */
  shown: (path: readonly string[]) => number
}

const NONE = Symbol('nothing was there')

/** The visible lines of a value. `before` is the previous value, `undefined` if unknown. */
export function rowsOf(value: unknown, before: unknown, look: Look): ValueRow[] {
  const rows: ValueRow[] = []

  function within(value: object, before: unknown, path: readonly string[], level: number) {
    const old = before !== undefined && isParent(before) ? before : undefined
    const names = Object.keys(value)
    const removed =
      old && !Array.isArray(old) ? Object.keys(old).filter((name) => !Object.hasOwn(value, name)) : []
    const siblings = names.length + removed.length
    const shown = look.shown(path)
    for (const [index, name] of [...names, ...removed].slice(0, shown).entries()) {
      const isRemoved = index >= names.length
      const was = old && Object.hasOwn(old, name) ? Reflect.get(old, name) : old ? NONE : undefined
      const part = Reflect.get(isRemoved ? (old ?? {}) : value, name)
      const own = [...path, name]
      const canOpen = !isRemoved && (isParent(part) || (typeof part === 'string' && part.length > LINE))
      const isOpen = canOpen && look.isOpen(own)
      rows.push({
        path: own,
        level,
        place: index + 1,
        siblings,
        name,
        text: gist(part, isOpen),
        isOpen: canOpen ? isOpen : null,
        mark: isRemoved
          ? 'removed'
          : was === NONE
            ? 'new'
            : was === undefined || isSame(part, was)
              ? null
              : 'changed',
        value: part,
        more: 0,
      })
      if (isOpen && isParent(part)) within(part, was === NONE ? undefined : was, own, level + 1)
    }
    if (siblings > shown)
      rows.push({
        path: [...path, ''],
        level,
        place: shown + 1,
        siblings,
        name: '',
        text: `${(siblings - shown).toLocaleString('en')} more`,
        isOpen: null,
        mark: null,
        value: value,
        more: siblings - shown,
      })
  }

  if (isParent(value)) within(value, before, [], 1)
  return rows
}

/** Whether a value has parts. */
export const isParent = (value: unknown): value is object =>
  (isRecord(value) || Array.isArray(value)) && Object.keys(value).length > 0

/** A value in one line. */
export function gist(value: unknown, isOpen: boolean): string {
  if (typeof value === 'string') {
    const text = JSON.stringify(value)
    if (isOpen || text.length <= LINE) return text
    return `${text.slice(0, LINE)}… (${value.length.toLocaleString('en')} characters)`
  }
  if (Array.isArray(value)) return value.length === 0 ? '[]' : isOpen ? '' : `[ ${value.length} ]`
  if (isRecord(value)) {
    const names = Object.keys(value)
    if (names.length === 0) return '{}'
    if (isOpen) return ''
    const first = names
      .slice(0, 4)
      .join(', ')
      .slice(0, LINE / 4)
    return names.length > 4 || first.length === LINE / 4 ? `{ ${first}, … }` : `{ ${first} }`
  }
  return String(JSON.stringify(value))
}

/** Whether two values are equal. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    names.every(
      (name) => Object.hasOwn(other, name) && isSame(Reflect.get(one, name), Reflect.get(other, name)),
    )
  )
}

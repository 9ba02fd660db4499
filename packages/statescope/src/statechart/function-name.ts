/** An inline function in a config gets the name of its property. */
const PLACES = new Set(['', 'guard', 'actions', 'entry', 'exit', 'src', 'output'])
const LONGEST = 40

/** The name of a function, or its text if it has no name and is short. */
export function functionName(named: { name: unknown }): string {
  const { name } = named
  if (typeof name === 'string' && !PLACES.has(name)) return name
  const text = String(named).replace(/\s+/g, ' ')
  return text.length <= LONGEST ? text : 'inline'
}

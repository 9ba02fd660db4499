/** Where a function stands in a config, it gets the name of its place. */
const PLACES = new Set(['', 'guard', 'actions', 'entry', 'exit', 'src', 'output'])
const LONGEST = 40

/** A function by its name; one without by its text, where that is short. */
export function functionName(named: { name: unknown }): string {
  const { name } = named
  if (typeof name === 'string' && !PLACES.has(name)) return name
  const text = String(named).replace(/\s+/g, ' ')
  return text.length <= LONGEST ? text : 'inline'
}

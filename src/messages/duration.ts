/** A wait in words, in the plural that the language has for it: whole minutes from two minutes on, else seconds. */
export function duration(lang: string, seconds: number): string {
  const [amount, unit] = seconds >= 120 ? [Math.ceil(seconds / 60), 'minute'] : [seconds, 'second']
  return new Intl.NumberFormat(lang, { style: 'unit', unit, unitDisplay: 'long' }).format(amount)
}

/** A day and a time, as the language writes them. */
export const dateAndTime = (lang: string, at: Date): string =>
  new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short' }).format(at)

export const number = (lang: string, value: number): string => new Intl.NumberFormat(lang).format(value)

/** Writes a wait in the language's words and plurals: whole minutes from two minutes on, else seconds. */
export function duration(lang: string, seconds: number): string {
  const [amount, unit] = seconds >= 120 ? [Math.ceil(seconds / 60), 'minute'] : [seconds, 'second']
  return new Intl.NumberFormat(lang, { style: 'unit', unit, unitDisplay: 'long' }).format(amount)
}

/** Writes a date and a time in the language's format. */
export const dateAndTime = (lang: string, at: Date): string =>
  new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short' }).format(at)

export const number = (lang: string, value: number): string => new Intl.NumberFormat(lang).format(value)

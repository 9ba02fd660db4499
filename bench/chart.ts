export interface Bar {
  name: string
  value: number
  /** Drawn in our color. */
  isOurs: boolean
}

const WIDTH = 640
const LABELS = 250
const ROW = 26
const GROUP_HEAD = 34

/** Draws bars as SVG, all to one scale, in colors that are legible on light and dark. */
export function barChart(title: string, groups: readonly { name: string; bars: readonly Bar[] }[]): string {
  const longest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)))
  const scale = (WIDTH - LABELS - 80) / longest
  const lines: string[] = []
  let y = 0
  for (const { name, bars } of groups) {
    y += GROUP_HEAD
    lines.push(`<text x="0" y="${y - 10}" font-weight="600">${name}</text>`)
    for (const bar of bars) {
      const width = Math.max(1, bar.value * scale).toFixed(1)
      const color = bar.isOurs ? '#2563eb' : '#94a3b8'
      lines.push(
        `<text x="${LABELS - 10}" y="${y + 15}" text-anchor="end">${bar.name}</text>`,
        `<rect x="${LABELS}" y="${y + 3}" width="${width}" height="${ROW - 8}" rx="2" fill="${color}"/>`,
        `<text x="${LABELS + Number(width) + 6}" y="${y + 15}">${Math.round(bar.value).toLocaleString('en')}</text>`,
      )
      y += ROW
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 4}" role="img" aria-label="${title}">
<title>${title}</title>
<g font-family="system-ui, sans-serif" font-size="13" fill="#64748b">
${lines.join('\n')}
</g>
</svg>
`
}

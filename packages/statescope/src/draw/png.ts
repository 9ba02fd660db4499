/** Two pixels per CSS pixel, for high-resolution screens. */
const SCALE = 2
/** The longest side that renderers draw, pixels. */
const LONGEST_SIDE = 32_000

/** Draws an SVG as PNG, with the package `sharp`. */
export async function pngOf(svg: string): Promise<Buffer> {
  const { default: sharp } = await import('sharp').catch((cause: unknown) => {
    throw new Error('A PNG needs the package sharp: npm install --save-dev sharp', { cause })
  })
  const render = (text: string, scale = 1) =>
    sharp(Buffer.from(text), { density: 72 * scale, limitInputPixels: false })
  const { width = 1, height = 1 } = await render(svg).metadata()
  const inkOf = async (letters: string) => (await render(lettersOnly(letters)).stats()).channels.at(-1)?.mean
  // Without a font, every letter is drawn as the same box.
  if ((await inkOf('MMM')) === (await inkOf('...')))
    throw new Error('A PNG needs a font, and this machine has none: install one, such as fonts-dejavu-core.')
  return await render(svg, Math.min(SCALE, LONGEST_SIDE / Math.max(width, height)))
    .png()
    .toBuffer()
}

const lettersOnly = (letters: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text y="15" font-family="monospace">${letters}</text></svg>`

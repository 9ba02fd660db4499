import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { parseArgs } from 'node:util'
import type { AnyStateMachine } from 'xstate'
import { drawMermaid, drawSvg, type SvgOptions } from '../draw/index.ts'
import { pngOf } from '../draw/png.ts'
import { loadMachine } from './load-machine.ts'
import { UsageError } from './usage-error.ts'

const HELP = `statescope draw <file>: draws the state machine that a file of code exports

  -o, --output <file>      where to write; .svg, .png or .mmd sets the format; - (the default) writes to the terminal
  --export <name>          which export to draw, if the file has several machines; a function is called without arguments
  --format svg|png|mmd     the format, if the file name does not tell: SVG, PNG or Mermaid
  --depth <number>         how many levels of states to draw; all by default
  --direction down|right   the direction of the chart; down by default
  --theme auto|light|dark  the colors; auto (the default) follows the reader of an SVG; a PNG is light
  --check                  writes nothing, and fails if the file is not up to date, for CI
  --help

  npx statescope draw machine.ts -o docs/machine.svg
  npx statescope draw machine.ts --export lightMachine --depth 2 --format mmd

TypeScript, JSX and the path aliases of tsconfig.json need no setup. A PNG needs: npm install --save-dev sharp
`

const FORMATS = ['svg', 'png', 'mmd'] as const
type Format = (typeof FORMATS)[number]
const DIRECTIONS = ['down', 'right'] as const
const THEMES = ['auto', 'light', 'dark'] as const

/** Draws the machine of a file, for a README or for CI. */
export async function drawCommand(args: string[]): Promise<void> {
  const { values, positionals } = parse(args)
  if (values.help) {
    process.stdout.write(HELP)
    return
  }
  const [file, ...others] = positionals
  if (file === undefined || others.length > 0)
    throw new UsageError('statescope draw takes one file, such as machine.ts. See statescope draw --help')
  const output = values.output === '-' ? undefined : values.output
  const format = formatOf(values.format, output)
  const theme = oneOf('--theme', THEMES, values.theme ?? (format === 'png' ? 'light' : 'auto'))
  const direction = oneOf('--direction', DIRECTIONS, values.direction ?? 'down')
  const depth = values.depth === undefined ? {} : { depth: depthOf(values.depth) }
  if (values.check && output === undefined)
    throw new UsageError('--check compares with a file: name it with -o.')

  const machine = await quietly(file, () => loadMachine(file, values.export))
  const text = await textOf(machine, format, { ...depth, direction, theme }).catch((cause: unknown) => {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`The machine of ${file} could not be drawn: ${said}`, { cause })
  })
  const picture = format === 'png' ? await pngOf(text) : text
  if (output === undefined) await written(picture)
  else if (values.check) await compare(output, picture)
  else {
    await mkdir(dirname(output), { recursive: true })
    await writeFile(output, picture)
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        output: { type: 'string', short: 'o' },
        export: { type: 'string' },
        format: { type: 'string' },
        depth: { type: 'string' },
        direction: { type: 'string' },
        theme: { type: 'string' },
        check: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (cause) {
    const said = cause instanceof Error ? cause.message.split('. ')[0] : 'An argument was not expected'
    throw new UsageError(`${said}. See statescope draw --help`, { cause })
  }
}

function formatOf(given: string | undefined, output: string | undefined): Format {
  if (given !== undefined) return oneOf('--format', FORMATS, given)
  if (output === undefined) return 'svg'
  const format = FORMATS.find((one) => extname(output).toLowerCase() === `.${one}`)
  if (format) return format
  throw new UsageError(
    `${output} does not say what the picture is: end it with .svg, .png or .mmd, or give --format.`,
  )
}

function oneOf<One extends string>(option: string, known: readonly One[], given: string): One {
  const found = known.find((one) => one === given)
  if (found) return found
  throw new UsageError(`${option} takes ${known.join(', ')}. Correct it, or leave it out.`)
}

function depthOf(given: string): number {
  const depth = Number(given)
  if (Number.isInteger(depth) && depth >= 1) return depth
  throw new UsageError('--depth takes a whole number from 1 on. Correct it, or leave it out.')
}

const textOf = async (machine: AnyStateMachine, format: Format, options: SvgOptions) =>
  format === 'mmd' ? drawMermaid(machine, options) : await drawSvg(machine, options)

/** Ignores line endings, which Git may have changed. */
async function compare(output: string, picture: string | Buffer): Promise<void> {
  const before = await readFile(output).catch(() => undefined)
  const isSame =
    typeof picture === 'string'
      ? before?.toString().replaceAll('\r\n', '\n') === picture
      : before !== undefined && picture.equals(before)
  if (isSame) return
  throw new Error(
    `${output} ${before ? 'is not up to date' : 'does not exist'}: draw it by the same command without --check.`,
  )
}

/** Keeps a loaded module's logs out of the picture, and ignores failures of what it leaves running. */
async function quietly<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  for (const method of ['log', 'info', 'debug'] as const) console[method] = console.error
  process.on('uncaughtException', () => {})
  const end = () => {
    process.stderr.write(`${file} ended the process, or waits for what never comes.\n`)
    process.exitCode = 1
  }
  process.on('exit', end)
  return await work().finally(() => process.off('exit', end))
}

const written = (picture: string | Buffer) =>
  new Promise<void>((resolve, reject) => {
    process.stdout.write(picture, (error) => (error ? reject(error) : resolve()))
  })

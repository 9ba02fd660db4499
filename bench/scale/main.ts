/**
 * Runs the load model with your own numbers: `npm run scale -- --users 5e7 --sign-ins-per-day 2e7`. `npm run scale -- check`
 * measures and compares. `measure` also saves the measurements for docs/scale.md.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { forecast } from './model.ts'
import { siteFrom } from './options.ts'
import { checkTable, demandsTable, forecastText, isRight, optionsTable, type Recorded } from './page.ts'

const RECORD = new URL('measured.json', import.meta.url)
const readRecord = (): Recorded => JSON.parse(readFileSync(RECORD, 'utf8'))

const fourDigits = (_: string, value: unknown) =>
  typeof value === 'number' ? Number(value.toPrecision(4)) : value

async function measureHere(): Promise<Recorded> {
  const { measure } = await import('./measure.ts')
  const measured = await measure((text) => console.error(`${new Date().toISOString()} ${text}`))
  const [core] = cpus()
  const load = loadavg()[2]?.toFixed(0)
  const machine = `${cpus().length} cores of ${core?.model.trim()} at a load of ${load}, with Node ${process.versions.node} and PostgreSQL ${measured.postgres}`
  return { madeOn: new Date().toISOString().slice(0, 10), machine, ...measured }
}

const [first] = process.argv.slice(2)
if (first === 'measure' || first === 'check') {
  const record = await measureHere()
  console.log(`${demandsTable(record)}\n\n${checkTable(record)}`)
  if (first === 'measure') writeFileSync(RECORD, `${JSON.stringify(record, fourDigits, 2)}\n`)
  process.exit(record.checked.every(isRight) ? 0 : 1)
}

try {
  const { site, json, help } = siteFrom(process.argv.slice(2))
  const result = forecast(readRecord().demands, site)
  if (help) console.log(optionsTable())
  else if (json) console.log(JSON.stringify({ site, forecast: result }, null, 2))
  else console.log(forecastText(site, result))
} catch (error) {
  if (!(error instanceof TypeError)) throw error
  console.error(error.message)
  process.exitCode = 2
}

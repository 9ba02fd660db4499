/** `npm run heard`: the whole flow of every face, by a screen reader. With `-- --update` it writes the transcripts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Desktop, startDesktop } from './desktop.ts'
import { faces } from './faces.ts'
import { transcriptOf } from './transcript.ts'
import { type Heard, walk } from './walk.ts'

let desktop: Desktop
beforeAll(async () => {
  desktop = await startDesktop()
})
afterAll(() => desktop?.stop())

describe.each(Object.entries(faces))('%s', (name, arrive) => {
  let heard: Heard
  const saidIn = (title: string) =>
    heard.steps.filter((step) => step.title === title).map(({ said }) => said.join(' '))
  const all = () => heard.steps.flatMap(({ said }) => said)

  beforeAll(async () => {
    const { page, steps, leave } = await arrive(desktop)
    try {
      heard = await walk(desktop, page)
      heard.steps.unshift(...steps)
    } finally {
      await leave()
    }
  })

  it('what is spoken is what the transcript has (if that is right: npm run heard -- --update)', async () => {
    const file = `transcripts/${name.replace(/\W+/g, '-').replace(/^-|-$/g, '')}.txt`
    await expect(transcriptOf(heard)).toMatchFileSnapshot(file)
  })

  it('the code field is spoken with its label wherever it appears', () => {
    const opened = heard.steps.filter(({ title }) => /^press “(?:Set|Export|Generate|Remove)/.test(title))
    expect(opened).toHaveLength(6)
    for (const { title, said } of opened) expect(said.join(), title).toContain('6-digit code entry')
  })

  it('setup key, recovery codes and the exported key are never spoken unasked', () => {
    expect(heard.unsaid.length).toBeGreaterThan(20)
    for (const secret of heard.unsaid) expect(all().filter((said) => said.includes(secret))).toEqual([])
  })

  it('each error is spoken exactly once, and again by Enter', () => {
    const refused = heard.steps.filter(({ title }) => /^type (?:a|another) wrong code|same code/.test(title))
    expect(refused.length).toBe(4)
    for (const { title, said } of refused)
      expect([title, said.filter((words) => ERROR.test(words)).length]).toEqual([title, 1])
    const ofRemoval = saidIn('press Enter').slice(0, -1)
    for (const said of ofRemoval) expect(said.match(ERRORS)).toHaveLength(1)
  })

  it('the purpose of a step-up is spoken', () => {
    for (const said of saidIn('press “Export private key”'))
      expect(said).toContain('You are about to export your private key.')
  })

  it('a wait is spoken at its beginning and at its end, and not each second', () => {
    expect(saidIn('press Enter').at(-2)).toContain('You can try again in')
    expect(saidIn('press Enter during the wait').join()).toMatch(/^You can try again in \d+ seconds\.$/)
    expect(transcriptOf(heard)).toContain('# until the wait ends\nYou can try again now.\n')
  })
})

const ERROR = /didn’t match/
const ERRORS = /didn’t match|Too many/g

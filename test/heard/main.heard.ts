/** `npm run heard`: the whole flow of every face, by a screen reader. With `-- --update` it writes the transcripts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Desktop, startDesktop } from './desktop.ts'
import { faces } from './faces.ts'
import { transcriptOf } from './transcript.ts'
import { type Heard, visit } from './visit.ts'
import { walks } from './walks.ts'

let desktop: Desktop
beforeAll(async () => {
  desktop = await startDesktop()
})
afterAll(() => desktop?.stop())

const cases = Object.entries(faces).flatMap(([face, arrive]) =>
  Object.entries(walks).map(([way, walk]) => ({ face, way, arrive, walk })),
)

describe.each(cases)('$face, $way', ({ face, way, arrive, walk }) => {
  let heard: Heard
  const saidIn = (title: string) =>
    heard.steps.filter((step) => step.title === title).map(({ said }) => said.join(' '))
  const all = () => heard.steps.flatMap(({ said }) => said)

  beforeAll(async () => {
    const { page, steps, isKept, leave } = await arrive(desktop)
    try {
      const visitor = await visit({ desktop, page, isKept })
      await walk(visitor)
      heard = visitor.heard
      heard.steps.unshift(...steps)
    } finally {
      await leave()
    }
  })

  it('what is spoken is what the transcript has (if that is right: npm run heard -- --update)', async () => {
    const file = `transcripts/${fileName(way === 'the whole flow' ? face : `${face} ${way}`)}.txt`
    await expect(transcriptOf(heard)).toMatchFileSnapshot(file)
  })

  it('the code field is spoken with its label wherever it appears', () => {
    const opened = heard.steps.filter(({ title }) => /^press “(?:Set|Export|Generate|Remove)/.test(title))
    expect(opened.length).toBeGreaterThan(4)
    for (const { title, said } of opened) expect(said.join(), title).toContain('6-digit code entry')
  })

  it('setup key, recovery codes and the exported key are never spoken unasked', () => {
    expect(heard.unsaid.length).toBeGreaterThan(20)
    for (const secret of heard.unsaid) expect(all().filter((said) => said.includes(secret))).toEqual([])
  })

  it('each error is spoken exactly once, and again by Enter', () => {
    const refused = heard.steps.flatMap(({ title, said }, index) => {
      if (!/wrong code|old recovery code|same code/.test(title)) return []
      const next = heard.steps[index + 1]
      return [{ title, said: next?.title === 'press Enter' ? [...said, ...next.said] : said }]
    })
    expect(refused.length).toBeGreaterThan(5)
    for (const { title, said } of refused)
      expect([title, said.filter((words) => ERROR.test(words)).length]).toEqual([title, 1])
  })

  it('the purpose of a step-up is spoken', () => {
    for (const said of saidIn('press “Export private key”'))
      expect(said).toContain('You are about to export your private key.')
  })

  it('a wait is spoken at its beginning, when asked and at its end, and not each second', () => {
    const asked = heard.steps.filter(({ title }) => title.endsWith('during the wait'))
    expect(asked).toHaveLength(1)
    expect(asked[0]?.said.join()).toMatch(/^You can try again in \d+ seconds\.$/)
    const before = heard.steps[heard.steps.findIndex(({ title }) => title.endsWith('during the wait')) - 1]
    expect(before?.said.join()).toContain('You can try again in')
    expect(all().filter((said) => said.includes('You can try again in')).length).toBeLessThan(4)
    expect(transcriptOf(heard)).toContain('# until the wait ends\nYou can try again now.\n')
  })
})

const fileName = (words: string) => words.replace(/\W+/g, '-').replace(/^-|-$/g, '')
const ERROR = /didn’t match|already|isn’t one of/

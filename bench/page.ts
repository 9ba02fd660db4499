import { readFileSync } from 'node:fs'
import { cpus, loadavg, platform, release } from 'node:os'
import { barChart } from './chart.ts'
import type { Measured } from './measured.ts'
import { type Figures, timesAsFast } from './rounds.ts'
import { WORK_PARTS, type Work, type WorkPart } from './rows/profile.ts'
import type { Part } from './rows/sizes.ts'

/** A row of the table: the measurement, our figure, the comparison, and whether the goal is met. */
interface Line {
  measure: string
  ours: string
  against: string
  goal: string
  /** Absent without a goal. */
  isMet?: boolean
  /** Why the goal is out of reach, where it was missed before: a sentence. */
  reason?: string
}

const whole = (value: number) => Math.round(value).toLocaleString('en')
const times = (value: number) => `${value.toFixed(2)}×`
const perSecond = (figures: Figures) =>
  `${whole(figures.perSecond)}/s, p50 ${figures.p50.toFixed(2)} ms, p99 ${figures.p99.toFixed(1)} ms`
/** Adds the middle half of the rounds, so that nobody mistakes the computer's noise for a difference. */
const versus = (one: Figures, other: Figures) => {
  const [low, high] = [timesAsFast(one, other, 0.25), timesAsFast(one, other, 0.75)]
  return `${times(timesAsFast(one, other))} (${low.toFixed(2)}–${high.toFixed(2)})`
}
const kilobytes = (value: number) => `${value.toFixed(1)} kB`

const CRYPTOGRAPHY =
  'Verifications in flight share commits, but each signs, unseals and computes codes for itself, which is most of the work on one core.'
const BYTES =
  'XState is 11.6 kB of it. The rest is on every page because any flow can come to it: passkeys, passwords and recovery codes are states of the one chart.'

export function performancePage(measured: Measured): string {
  const lines = linesOf(measured)
  const missed = lines.filter(({ isMet }) => isMet === false)
  return `# Performance

Made by \`npm run bench\`, which measures everything again; do not edit.

${machine()}

**Only ratios count**: all that stands in a row was measured in the same run, in turns, round after round, and is the median
of the rounds, where two figures follow with the middle half of them; the absolute figures are those of this machine and of
whatever else it was doing.

![Verifications per second](performance.svg)

| measure | ours | held against | goal | met |
| --- | --- | --- | --- | --- |
${lines.map(({ measure, ours, against, goal, isMet }) => `| ${measure} | ${ours} | ${against} | ${goal} | ${isMet === undefined ? '' : isMet ? 'yes' : '**no**'} |`).join('\n')}

${missed.length === 0 ? 'Every goal is met.' : ['Not met in this run:\n', ...missed.map(({ measure, reason = '' }) => `- **${measure}.** ${reason}`)].join('\n')}

What it costs to be watched by statescope is measured on its own: \`docs/performance.md\` of that package.

## Where the bytes are

${profileTable(measured)}

Kilobytes that each entry would lose with that part. They add up to less than its size, since what parts repeat is stored
once. XState and the QR code are other people's; the chart, the flow and their errors are on every page, because each can
meet any of their states.

## Where the time goes

${workTable(measured)}

The share of processor time of each part, with 64 verifications in flight, and of enrollments in the flow. Waiting is not
counted. What a part has Node do counts as that part's.

## What was measured

- **Verifications** go through the fetch handler, in process, on a SQLite file in \`WAL\` mode with \`synchronous = FULL\`, each
  by a user who has enrolled, with a code that was never used. *With a session of ours* is what an app on the SDK sends: the
  session is looked up among those that were ended, and two tokens are signed, for the session and for the scope. The session's own
  token was signed by the same process, which need not check it; *that another node began* brings one that this node neither
  signed nor saw. *By the host's credential* leaves the session to the host, and asks for no scope: one token.
- **The floor** is one read, two durable writes, three HMACs and one Ed25519 signature on the same kind of file, with nothing
  in between. It shares no commits, so with many in flight it is as fast as alone. *The floor in a session* also looks
  whether a session was ended, and signs the next: what is asked of a session of ours, and neither of the first floor nor of
  better-auth, which looks its sessions up and signs none.
- **better-auth** ${versionOf('better-auth')} with its two-factor plugin, on \`node:sqlite\` with the same settings. Its second step of a sign-in
  is what limits guesses and makes a token, as a verification of ours does; in a session it reads and compares, writes
  nothing, and counts no guess. Neither refuses a code that was used.
- **On PostgreSQL** the database (durable commits), the servers and whoever calls them share this machine's cores. That
  throughput grows with the processes until the database is the limit shows only where there are more cores than these take.
- **Sizes** are minified and brotli-compressed, by Vite, without React itself. *Whole entry* imports all that it exports.
- **The bare machine** is ${'`bench/rows/bare-flow.ts`'}: XState by hand for enrollment and elevation alone, over a backend that
  answers at once; with a real one, both wait for the network.
`
}

function profileTable({ profiles: { core, hooks, components } }: Measured): string {
  const columns = [core, hooks, components]
  const row = (part: Part) => columns.map((profile) => profile.get(part)?.toFixed(1) ?? '')
  return ['| part | core | hooks | components |', '| --- | --- | --- | --- |']
    .concat([...components.keys()].map((part) => `| ${part} | ${row(part).join(' | ')} |`))
    .join('\n')
}

function workTable({ verification: { work }, postgres, flowWork }: Measured): string {
  const columns: [string, Work][] = [
    ['SQLite, session of ours', work.ours],
    ['SQLite, that another node began', work.oursElsewhere],
    ['SQLite, the host’s credential', work.oursPlain],
    ['PostgreSQL, the host’s credential', postgres.work],
    ['enrollment', flowWork],
  ]
  const share = (part: WorkPart) =>
    columns.map(([, profile]) => {
      const percent = Math.round((profile.get(part) ?? 0) * 100)
      return percent === 0 ? '' : `${percent} %`
    })
  const rows = WORK_PARTS.map((part) => `| ${part} | ${share(part).join(' | ')} |`)
  return [
    `| part | ${columns.map(([name]) => name).join(' | ')} |`,
    `| --- |${' --- |'.repeat(columns.length)}`,
    ...rows,
  ].join('\n')
}

function linesOf(measured: Measured): Line[] {
  const { verification, postgres, crowds, nodes, sizes, flows, heapGrowth, commits, install, startSeconds } =
    measured
  const { one, many } = verification
  const ours = [
    ['with a session of ours', 'ours', 'floor in a session', 'floorInSession', 0.75, 1.75],
    ['by the host’s credential', 'oursPlain', 'floor', 'floor', 0.8, 2.2],
  ] as const
  const [smallest, ...larger] = [...crowds]
  const perProcess = nodes.rows.map(({ processes, perSecond: speed }) => `${processes}: ${whole(speed)}/s`)
  const wrong = nodes.rows.reduce((sum, { wrongAnswers }) => sum + wrongAnswers, 0)
  const twice = nodes.rows.reduce((sum, { acceptedTwice }) => sum + acceptedTwice, 0)
  const flowTime = timesAsFast(flows.bare, flows.ours)
  return [
    ...ours.flatMap(([how, name, bottom, floor, goal, goalInFlight]): Line[] => [
      {
        measure: `verification ${how}, one at a time`,
        ours: perSecond(one[name]),
        against: `${bottom} ${perSecond(one[floor])}: ${versus(one[name], one[floor])}`,
        goal: `≥ ${goal}×`,
        isMet: timesAsFast(one[name], one[floor]) >= goal,
      },
      {
        measure: `verification ${how}, against better-auth`,
        ours: perSecond(one[name]),
        against: `second step of a sign-in ${perSecond(one.signIn)}: ${versus(one[name], one.signIn)}`,
        goal: '≥ 7×',
        isMet: timesAsFast(one[name], one.signIn) >= 7,
      },
      {
        measure: `verification ${how}, 64 in flight`,
        ours: perSecond(many[name]),
        against: `${bottom} ${perSecond(many[floor])}: ${versus(many[name], many[floor])}`,
        goal: `≥ ${goalInFlight}×`,
        isMet: timesAsFast(many[name], many[floor]) >= goalInFlight,
        reason: CRYPTOGRAPHY,
      },
    ]),
    {
      measure: 'verification with a session of ours, that another node began',
      ours: `${perSecond(one.oursElsewhere)}; 64 in flight ${whole(many.oursElsewhere.perSecond)}/s`,
      against: `floor in a session ${whole(one.floorInSession.perSecond)}/s: ${times(timesAsFast(one.oursElsewhere, one.floorInSession))}; 64 in flight: ${times(timesAsFast(many.oursElsewhere, many.floorInSession))}`,
      goal: '≥ 0.65×, ≥ 1.4×',
      isMet:
        timesAsFast(one.oursElsewhere, one.floorInSession) >= 0.65 &&
        timesAsFast(many.oursElsewhere, many.floorInSession) >= 1.4,
      reason:
        'A node that has not seen a token checks its signature: one Ed25519 verification, which costs more than a signature does. An app that keeps a user on one node does not pay it.',
    },
    {
      measure: 'verification with a session of ours, against the floor that has none',
      ours: `${whole(one.ours.perSecond)}/s; 64 in flight ${whole(many.ours.perSecond)}/s`,
      against: `${whole(one.floor.perSecond)}/s: ${times(timesAsFast(one.ours, one.floor))}; 64 in flight: ${times(timesAsFast(many.ours, many.floor))}`,
      goal: '',
    },
    {
      measure: 'better-auth in a session, which writes nothing and counts no guess',
      ours: perSecond(one.ours),
      against: `${perSecond(one.session)}: ${times(timesAsFast(one.ours, one.session))}; 64 in flight ${whole(many.session.perSecond)}/s: ${times(timesAsFast(many.ours, many.session))}`,
      goal: '',
    },
    ...larger.map(
      ([size, figures]): Line => ({
        measure: `verification among ${whole(size)} users, p50`,
        ours: `${figures.p50.toFixed(2)} ms`,
        against: `${whole(smallest?.[0] ?? 0)} users ${smallest?.[1].p50.toFixed(2)} ms: ${times(figures.p50 / (smallest?.[1].p50 ?? Number.NaN))}`,
        goal: '≤ 1.15×',
        isMet: figures.p50 / (smallest?.[1].p50 ?? Number.NaN) <= 1.15,
      }),
    ),
    ...(
      [
        ['one at a time', postgres.one, 0.75],
        ['64 in flight', postgres.many, 0.7],
      ] as const
    ).flatMap(([how, row, goal]): Line[] => [
      {
        measure: `verification by the host’s credential on PostgreSQL, in process, ${how}`,
        ours: perSecond(row.ours),
        against: `floor, with the same statements prepared ${perSecond(row.floor)}: ${versus(row.ours, row.floor)}`,
        goal: `≥ ${goal}×`,
        isMet: timesAsFast(row.ours, row.floor) >= goal,
        reason:
          'The floor opens no sealed secret, takes no request and gives no answer; Kysely’s and our own way to a connection come on top of the driver’s.',
      },
      {
        measure: `verification by the host’s credential on PostgreSQL, ${how}, against better-auth`,
        ours: perSecond(row.ours),
        against: `second step of a sign-in ${perSecond(row.signIn)}: ${versus(row.ours, row.signIn)}`,
        goal: '≥ 4×',
        isMet: timesAsFast(row.ours, row.signIn) >= 4,
      },
    ]),
    {
      measure: 'PostgreSQL, by server processes, over HTTP, 32 in flight',
      ours: perProcess.join(', '),
      against: `${wrong} wrong answers, ${twice} codes accepted twice`,
      goal: 'no wrong answer, none twice',
      isMet: wrong === 0 && twice === 0,
    },
    {
      measure: '`totp-flow`, whole entry, with xstate',
      ours: kilobytes(sizes.core),
      against: `xstate ${kilobytes(sizes.xstate)}; better-auth client with twoFactor ${kilobytes(sizes.betterAuth)}; @supabase/auth-js ${kilobytes(sizes.supabase)}; Dynamic’s four functions ${kilobytes(sizes.dynamic)}`,
      goal: '≤ 20 kB',
      isMet: sizes.core <= 20,
      reason: BYTES,
    },
    {
      measure: '`totp-flow/react`, hooks, with xstate and @xstate/react',
      ours: kilobytes(sizes.hooks),
      against: `xstate with @xstate/react ${kilobytes(sizes.xstateReact)}`,
      goal: '≤ 22.5 kB',
      isMet: sizes.hooks <= 22.5,
      reason: BYTES,
    },
    {
      measure: '`totp-flow/react`, whole entry, with the QR code',
      ours: kilobytes(sizes.components),
      against: `Amplify’s Authenticator ${kilobytes(sizes.amplify)}; uqr ${kilobytes(sizes.uqr)}; qrcode.react ${kilobytes(sizes.qrcodeReact)}; input-otp ${kilobytes(sizes.inputOtp)}`,
      goal: '≤ 31 kB',
      isMet: sizes.components <= 31,
      reason: BYTES,
    },
    {
      measure: '`totp-flow/machine`, the chart alone, with xstate',
      ours: kilobytes(sizes.machine),
      against: '',
      goal: '',
    },
    {
      measure: '`totp-flow/vanilla`, whole entry, with a flow',
      ours: kilobytes(sizes.vanilla),
      against: '',
      goal: '',
    },
    { measure: '`totp-flow/client`, whole entry', ours: kilobytes(sizes.client), against: '', goal: '' },
    {
      measure: 'enrollment to elevated in the flow',
      ours: `p50 ${flows.ours.p50.toFixed(3)} ms`,
      against: `bare machine p50 ${flows.bare.p50.toFixed(3)} ms: ${versus(flows.bare, flows.ours)} the time`,
      goal: '≤ 1.2× the time',
      isMet: flowTime <= 1.2,
      reason:
        'The bare machine has neither passkeys, passwords, recovery codes nor the other doors of the chart, each of which XState asks on every event.',
    },
    {
      measure: 'heap after 100,000 flows',
      ours: `${(heapGrowth / 90_000).toFixed(1)} bytes a flow`,
      against: 'after 10,000 flows',
      goal: 'no growth (less than an object’s 16 bytes a flow)',
      isMet: heapGrowth < 90_000 * 16,
    },
    {
      measure: 'React commits in one enrollment',
      ours: String(commits.commits),
      against: `${commits.visibleChanges} visible changes`,
      goal: 'one for each',
      isMet: commits.commits === commits.visibleChanges,
    },
    {
      measure: 'what an install adds to an app that has React',
      ours: `${install.megabytes.toFixed(0)} MB, ${install.packages} packages`,
      against: '',
      goal: '≤ 20 MB, ≤ 24 packages',
      isMet: install.megabytes <= 20 && install.packages <= 24,
    },
    {
      measure: '`npm start` to a page that works',
      ours: `${startSeconds.toFixed(1)} s`,
      against: '',
      goal: '≤ 2 s',
      isMet: startSeconds <= 2,
    },
    {
      measure: 'resident memory of `totp-flow serve`',
      ours: `${whole(nodes.residentMegabytes.atStart)} MB at the start, ${whole(nodes.residentMegabytes.afterLoad)} MB after the load on PostgreSQL`,
      against: '',
      goal: '',
    },
  ]
}

function machine(): string {
  const [{ model = 'unknown processor' } = {}, ...others] = cpus()
  const date = new Date().toISOString().slice(0, 10)
  const load = loadavg()
    .map((value) => value.toFixed(1))
    .join(', ')
  return `Made on ${date}, on ${others.length + 1} cores of ${model.trim()}, ${platform()} ${release()}, Node ${process.versions.node} with SQLite ${process.versions.sqlite}, at a load of ${load} (1, 5, 15 minutes).`
}

const versionOf = (peer: string): string =>
  JSON.parse(readFileSync(new URL(`peers/node_modules/${peer}/package.json`, import.meta.url), 'utf8'))
    .version

export const performanceChart = ({ verification: { one, many } }: Measured): string =>
  barChart(
    'Verifications per second',
    (
      [
        ['one at a time', one],
        ['64 in flight', many],
      ] as const
    ).map(([name, row]) => ({
      name,
      bars: [
        { name: 'floor', value: row.floor.perSecond, isOurs: false },
        { name: 'floor in a session', value: row.floorInSession.perSecond, isOurs: false },
        { name: 'ours, the host’s credential', value: row.oursPlain.perSecond, isOurs: true },
        { name: 'ours, session and elevation', value: row.ours.perSecond, isOurs: true },
        { name: 'better-auth, second step', value: row.signIn.perSecond, isOurs: false },
        { name: 'better-auth, no write', value: row.session.perSecond, isOurs: false },
      ],
    })),
  )

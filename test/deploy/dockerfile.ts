/** Runs what a Dockerfile says, without an engine: each stage in a folder of its own, in the place of this system's root. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Copy, DockerfileParser, type Instruction } from 'dockerfile-ast'

interface Stage {
  folder: string
  workdir: string
  env: Record<string, string>
  user: string
  entrypoint: string[]
  cmd: string[]
  healthcheck: string[]
}

/** Of the form that needs no shell. */
const wordsOf = (text: string): string[] => JSON.parse(/\[.*\]$/.exec(text)?.[0] ?? '[]')

/**
 * A sandbox with the system's programs, Node among them, and the stage's folders where the image has them. What is no folder of
 * the stage, nor in memory, cannot be written.
 */
function sandbox({ folder, workdir, env }: Stage, options: { id: number; writable: string[] }): string[] {
  const places = ['app', 'data'].flatMap((name) => {
    const path = `/${name}`
    return [options.writable.includes(path) ? '--bind' : '--ro-bind', join(folder, name), path]
  })
  return [
    ...['--unshare-all', '--share-net', '--die-with-parent', '--clearenv'],
    ...['--uid', String(options.id), '--gid', String(options.id)],
    ...['--ro-bind', '/usr', '/usr', '--symlink', 'usr/lib', '/lib', '--symlink', 'usr/bin', '/bin'],
    ...[
      '--ro-bind-try',
      '/lib64',
      '/lib64',
      '--ro-bind-try',
      '/etc',
      '/etc',
      '--proc',
      '/proc',
      '--dev',
      '/dev',
    ],
    ...['--ro-bind', dirname(process.execPath), '/node', '--tmpfs', '/tmp', ...places, '--chdir', workdir],
    ...['--remount-ro', '/'],
    ...Object.entries({ PATH: '/node:/usr/local/bin:/usr/bin:/bin', HOME: '/tmp', ...env }).flatMap((one) => [
      '--setenv',
      ...one,
    ]),
  ]
}

/** Builds the image; `context` is the folder of what it copies. */
export function build(dockerfile: string, context: string) {
  const root = mkdtempSync(join(tmpdir(), 'totp-flow-image-'))
  const stages = new Map<string, Stage>()
  let stage: Stage | undefined
  const current = (): Stage => {
    if (!stage) throw new Error('A Dockerfile begins with FROM.')
    return stage
  }
  const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()
  const follow = (instruction: Instruction) => {
    const words = instruction.getArguments().map(String)
    const all = instruction.getArgumentsContent() ?? ''
    switch (instruction.getKeyword()) {
      case 'FROM': {
        const name = words[2] ?? String(stages.size)
        const folder = join(root, name)
        for (const place of ['app', 'data']) mkdirSync(join(folder, place), { recursive: true })
        stage = { folder, workdir: '/', env: {}, user: '', entrypoint: [], cmd: [], healthcheck: [] }
        stages.set(name, stage)
        break
      }
      case 'WORKDIR':
        current().workdir = all
        break
      case 'ENV':
        Object.assign(current().env, Object.fromEntries(words.map((word) => word.split('='))))
        break
      case 'COPY': {
        const [from = '', to = ''] = words
        const target = join(current().folder, current().workdir, to)
        const source = (instruction as Copy).getFlags().find((flag) => flag.getName() === 'from')
        const copied = stages.get(source?.getValue() ?? '')
        if (copied) cpSync(join(copied.folder, from), target, { recursive: true })
        else
          for (const name of globSync(from, { cwd: context })) cpSync(join(context, name), join(target, name))
        break
      }
      case 'RUN': {
        // The sandbox has its folders already, and one user, to whom all belongs.
        const command = all.replace(/ && chown \S+ \S+/, '').replace(/^mkdir /, 'mkdir -p ')
        const given = { ...current(), env: { ...current().env, npm_config_registry: registry } }
        const box = sandbox(given, { id: 0, writable: ['/app', '/data'] })
        execFileSync('bwrap', [...box, 'sh', '-c', command], { stdio: ['ignore', 'ignore', 'pipe'] })
        break
      }
      case 'USER':
        current().user = all
        break
      case 'HEALTHCHECK':
        current().healthcheck = wordsOf(all)
        break
      case 'ENTRYPOINT':
        current().entrypoint = wordsOf(all)
        break
      case 'CMD':
        current().cmd = wordsOf(all)
        break
      case 'EXPOSE':
        break
      default:
        throw new Error(`${instruction.getKeyword()} is not understood.`)
    }
  }
  DockerfileParser.parse(dockerfile).getInstructions().forEach(follow)
  const image = current()
  const inside = (env: Record<string, string>) =>
    sandbox({ ...image, env: { ...image.env, ...env } }, { id: 1000, writable: ['/data'] })
  return {
    image,
    stages,
    /** Starts a container of it, in which only `/data` can be written, and only by its user. */
    run: (env: Record<string, string>, ...cmd: string[]) =>
      spawn('bwrap', [...inside(env), ...image.entrypoint, ...(cmd.length > 0 ? cmd : image.cmd)]),
    /** The exit code of the health check. */
    health: (env: Record<string, string>) =>
      spawnSync('bwrap', [...inside(env), ...image.healthcheck]).status,
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

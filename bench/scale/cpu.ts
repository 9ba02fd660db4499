/** CPU time as Linux counts it. Unlike wall time, it does not grow when others use the computer. */
import { readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** The run time of all threads of a process, milliseconds. */
export function cpuOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  return threads.reduce((sum, thread) => sum + ran(`/proc/${pid}/task/${thread}/schedstat`), 0)
}

/** The first field is in nanoseconds. A thread that ended meanwhile has none. */
function ran(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8').split(' ')[0]) / 1e6
  } catch {
    return 0
  }
}

const TICK_MS = 10

/** The fields after the name of a process, which may contain spaces and parentheses. */
const statOf = (pid: number | string) => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

export const childrenOf = (parent: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return Number(statOf(name)[1]) === parent
      } catch {
        return false
      }
    })
    .map(Number)

/** The run time of a process and its children, including ended ones, milliseconds. */
export function cpuOfFamily(parent: number): number {
  const ended = statOf(parent)
    .slice(13, 15)
    .reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0)
  return childrenOf(parent).reduce((sum, child) => sum + cpuOfGone(child), cpuOf(parent) + ended)
}

function cpuOfGone(pid: number): number {
  try {
    return cpuOf(pid)
  } catch {
    return 0
  }
}

/** The busy time of each core, milliseconds. */
export const busyCores = (): number[] =>
  readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .slice(1, cpus().length + 1)
    .map((line) => {
      const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
        .split(' ')
        .slice(1)
        .map(Number)
      return (user + nice + system + irq + softirq + steal) * TICK_MS
    })

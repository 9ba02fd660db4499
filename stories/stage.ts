/** The pace of a story: the pause after each step and the time per key, milliseconds. */
const paces = {
  person: { look: 1600, key: 140 },
  slowly: { look: 4000, key: 300 },
  instantly: { look: 0, key: 0 },
} as const

export type Pace = keyof typeof paces
export const isPace = (value: unknown): value is Pace =>
  typeof value === 'string' && Object.hasOwn(paces, value)

/** The state of the caption below a story. */
export interface Scene {
  /** What just happened. Empty while no story plays, or if it plays too fast to read. */
  caption: string
  isHeld: boolean
  isOver: boolean
}

/** Plays a story step by step, at a pace. The viewer can pause it. */
export class Stage {
  #scene: Scene = { caption: '', isHeld: false, isOver: false }
  #pace: Pace = 'instantly'
  #timer: ReturnType<typeof setTimeout> | undefined
  #goOn: (() => void) | null = null
  /** The steps requested while another one was under way. */
  #wanted = 0
  readonly #listeners = new Set<() => void>()

  readonly get = (): Scene => this.#scene

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get key(): number {
    return paces[this.#pace].key
  }

  begin(pace: Pace): void {
    this.#pace = pace
    this.#wanted = 0
    this.#show({ caption: '', isHeld: false, isOver: false })
  }

  /** Runs one step with a caption, and leaves time to see its result. */
  async act(caption: string, step: () => Promise<unknown>): Promise<void> {
    if (this.#pace === 'instantly') return void (await step())
    this.#show({ ...this.#scene, caption })
    await step()
    await this.#pause()
  }

  end(): void {
    if (this.#pace !== 'instantly') this.#show({ ...this.#scene, isHeld: false, isOver: true })
  }

  hold(): void {
    if (this.#pace === 'instantly' || this.#scene.isOver) return
    clearTimeout(this.#timer)
    this.#show({ ...this.#scene, isHeld: true })
  }

  play(): void {
    this.#wanted = 0
    this.#show({ ...this.#scene, isHeld: false })
    this.#goOn?.()
  }

  /** Plays a single step. */
  next(): void {
    this.hold()
    if (this.#goOn) this.#goOn()
    else this.#wanted += 1
  }

  /** Draws a ring around what is about to be clicked. */
  async pointAt(element: Element): Promise<void> {
    if (this.#pace === 'instantly') return
    element.scrollIntoView({ block: 'nearest' })
    const ring = ['0 solid transparent', '4px solid #e8890c', '4px solid #e8890c', '0 solid transparent']
    await element.animate({ outline: ring, outlineOffset: '2px' }, paces[this.#pace].look / 2).finished
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#goOn = () => {
        clearTimeout(this.#timer)
        this.#goOn = null
        resolve()
      }
      if (this.#scene.isHeld && this.#wanted > 0) {
        this.#wanted -= 1
        this.#goOn()
      } else if (!this.#scene.isHeld) this.#timer = setTimeout(this.#goOn, paces[this.#pace].look)
    })
  }

  #show(scene: Scene) {
    this.#scene = scene
    for (const listener of this.#listeners) listener()
  }
}

/** A page shows one story at a time. */
export const stage = new Stage()

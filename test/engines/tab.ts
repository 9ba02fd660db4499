/** A page in a browser, by what every engine offers: it runs scripts, takes presses and keys, and can be photographed. */
export interface Tab {
  go(url: string): Promise<void>
  /** Runs a function in the page. What goes in and what comes out is JSON. */
  run<Given extends unknown[], Result>(script: (...given: Given) => Result, ...given: Given): Promise<Result>
  /** Moves the mouse there. */
  point(x: number, y: number): Promise<void>
  press(x: number, y: number): Promise<void>
  type(keys: string): Promise<void>
  /** The path of a picture of what is in sight. */
  picture(): Promise<string>
  /** What the page has told its console as an error, thrown and not caught, or was refused by its policy. */
  complaints(): readonly string[]
  close(): Promise<void>
}

export interface Engine {
  /** Of a visitor who was never here. */
  open(): Promise<Tab>
  close(): Promise<void>
}

/** Keys that write nothing, as WebDriver writes them. */
export const ENTER = '\uE007'
export const BACKSPACE = '\uE003'
export const END = '\uE010'

/** A script as WebDriver takes it. */
export const sourceOf = (script: (...given: never[]) => unknown, given: unknown[]): string =>
  `JSON.stringify((${script})(...${JSON.stringify(given)}) ?? null)`

/** Actions that W3C's WebDriver protocols have in common. */
const mouse = (actions: object[]) => [
  { type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions },
]
const moveTo = (x: number, y: number) => ({ type: 'pointerMove', x, y, origin: 'viewport' })
export const pointAt = (x: number, y: number) => mouse([moveTo(x, y)])
export const pressAt = (x: number, y: number) =>
  mouse([moveTo(x, y), { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }])
export const typing = (keys: string) => [
  {
    type: 'key',
    id: 'keyboard',
    actions: [...keys].flatMap((value) => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ]),
  },
]

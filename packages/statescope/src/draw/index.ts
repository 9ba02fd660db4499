/**
 * Draws any XState v5 machine as SVG or Mermaid text, in Node or in a page: packages/statescope/README.md#draw-a-machine.
 *
 * @module statescope/draw
 */
import type { AnyStateMachine } from 'xstate'
import { type Chart, chartOf } from '../statechart/chart.ts'
import { draw } from '../statechart/draw.ts'
import { collapsedAtFirst, gistOf } from '../statechart/gist.ts'
import { type Direction, layOut } from '../statechart/layout.ts'
import { loadElk } from '../statechart/load-elk.ts'
import { markupIn, type Theme } from './markup.ts'
import { mermaidOf } from './mermaid.ts'

/** The options of both drawings. Every member is optional. */
export interface DrawOptions {
  /** How many levels of states to draw below the machine itself: a whole number, at least 1. @default all levels */
  depth?: number
  /** The direction of the chart: `down` from top to bottom, `right` from left to right. @default 'down' */
  direction?: Direction
}

/** The options of an SVG drawing. Every member is optional. */
export interface SvgOptions extends DrawOptions {
  /** The colors. `auto` follows the reader's preference (`prefers-color-scheme`), and is light if the program ignores it. @default 'auto' */
  theme?: Theme
}

/**
 * Draws a machine as an SVG file without scripts, fonts or links, which GitHub, browsers and drawing programs show. The same
 * machine gives the same text. Needs the package `elkjs`. Rejects with a `RangeError` if `depth` is invalid.
 *
 * @example
 * import { writeFile } from 'node:fs/promises'
 * import { drawSvg } from 'statescope/draw'
 *
 * await writeFile('door.svg', await drawSvg(door))
 */
export async function drawSvg(machine: AnyStateMachine, options: SvgOptions = {}): Promise<string> {
  const chart = shownOf(machine, options)
  const layout = await layOut(chart, await loadElk(), {
    direction: options.direction ?? 'down',
    most: Number.POSITIVE_INFINITY,
  })
  return `${draw(chart, layout, markupIn(options.theme ?? 'auto')).picture.markup}\n`
}

/** Writes a machine as a Mermaid state diagram, which GitHub and many wikis draw. Throws a `RangeError` if `depth` is invalid. */
export function drawMermaid(machine: AnyStateMachine, options: DrawOptions = {}): string {
  return mermaidOf(shownOf(machine, options), options.direction)
}

function shownOf(machine: AnyStateMachine, { depth }: DrawOptions): Chart {
  const chart = chartOf(machine)
  if (depth === undefined) return chart
  if (!Number.isInteger(depth) || depth < 1) throw new RangeError('depth must be a whole number from 1 on.')
  const gist = gistOf(chart, collapsedAtFirst(chart, depth), true).chart
  for (const state of gist.states.values()) state.longestInside = '' // nothing runs, so there is no inner state to name
  return gist
}

/**
 * `<state-chart>` as a React component: packages/statescope/README.md#react. Needs the package `react`.
 *
 * @module statescope/react
 */
'use client'

import { createElement, type HTMLAttributes, useEffect, useRef } from 'react'
import type { AnyActorRef, AnyStateMachine } from 'xstate'
import type { StateChartElement } from './element.ts'

/** A machine or an actor; all else goes to the `<state-chart>` beneath. */
export interface StatechartProps extends HTMLAttributes<HTMLElement> {
  /** Any XState v5 machine. */
  machine?: AnyStateMachine
  /** A running one, to follow. */
  actor?: AnyActorRef
  /** How many levels of states are drawn: the gist of a large chart. @default all */
  depth?: number
  /** Where it leads. @default 'down' */
  direction?: 'down' | 'right'
}

/** The statechart of a machine, or of an actor as it runs. */
export function Statechart({ machine, actor, depth, direction, ...attributes }: StatechartProps) {
  const element = useRef<StateChartElement>(null)
  useEffect(() => {
    void import('./element.ts') // which a server could not load
  }, [])
  useEffect(() => {
    if (!element.current) return
    element.current.actor = actor ?? null
    if (!actor) element.current.machine = machine ?? null
  }, [machine, actor])
  return createElement('state-chart', { ...attributes, depth, direction, ref: element })
}

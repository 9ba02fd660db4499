/**
 * `<state-chart>` as a React component: packages/statescope/README.md#react. Needs the package `react`.
 *
 * @module statescope/react
 */
'use client'

import { createElement, type HTMLAttributes, useEffect, useRef } from 'react'
import type { AnyActorRef, AnyStateMachine } from 'xstate'
import type { StateChartElement } from './element.ts'

/** The props of `Statechart`. All others are passed to the `<state-chart>` element. */
export interface StatechartProps extends HTMLAttributes<HTMLElement> {
  /** Any XState v5 machine. Ignored if there is an `actor`. */
  machine?: AnyStateMachine
  /** A running actor to follow. */
  actor?: AnyActorRef
  /** How many levels of states to draw below the machine itself, at least 1. @default all levels */
  depth?: number
  /** The direction of the chart: from top to bottom, or from left to right. @default 'down' */
  direction?: 'down' | 'right'
}

/** Draws the statechart of a machine, or follows a running actor. */
export function Statechart({ machine, actor, depth, direction, ...attributes }: StatechartProps) {
  const element = useRef<StateChartElement>(null)
  useEffect(() => {
    void import('./element.ts') // a server could not load it
  }, [])
  useEffect(() => {
    if (!element.current) return
    element.current.actor = actor ?? null
    if (!actor) element.current.machine = machine ?? null
  }, [machine, actor])
  return createElement('state-chart', { ...attributes, depth, direction, ref: element })
}

import type { Preview } from '@storybook/react-vite'
import { createElement, Fragment } from 'react'
import { configure } from 'storybook/test'
import 'totp-flow/theme.css'
import '../stories/looks.css'
import { Caption } from '../stories/caption.tsx'
import { keepScroll } from './keep-scroll.ts'

// The computer may be busy, for example with drawing a chart.
configure({ asyncUtilTimeout: 10_000 })

/** Vitest plays the stories as tests, without a viewer. */
const isTest = '__vitest_browser__' in globalThis

keepScroll()

/** Simulates the passkeys of stories, so that they work in every browser. */
class SimulatedCredential {}
if (typeof globalThis.PublicKeyCredential !== 'function')
  Object.defineProperty(globalThis, 'PublicKeyCredential', {
    value: SimulatedCredential,
    configurable: true,
    writable: true,
  })

const preview: Preview = {
  globalTypes: {
    pace: {
      description: 'How fast stories are played',
      toolbar: {
        icon: 'timer',
        dynamicTitle: true,
        items: [
          { value: 'person', title: 'At a person’s pace' },
          { value: 'slowly', title: 'Slowly' },
          { value: 'instantly', title: 'Instantly' },
        ],
      },
    },
  },
  initialGlobals: { pace: isTest ? 'instantly' : 'person' },
  decorators: [
    (Story, { viewMode }) =>
      createElement(Fragment, null, createElement(Story), viewMode === 'story' && createElement(Caption)),
  ],
  parameters: {
    layout: 'fullscreen',
    a11y: { test: 'error' },
    options: {
      storySort: {
        order: [
          'Welcome',
          'Docs',
          ['Embedding', '*'],
          'Flows',
          'States',
          'Passkeys',
          'Components',
          'Vanilla',
          'Seeing',
        ],
      },
    },
  },
  tags: ['autodocs'],
}
export default preview

import type { Preview } from '@storybook/react-vite'
import { configure } from 'storybook/test'
import 'totp-flow/theme.css'
import '../stories/looks.css'

// A machine may be busy, with drawing a chart for one.
configure({ asyncUtilTimeout: 10_000 })

const preview: Preview = {
  parameters: {
    layout: 'fullscreen',
    a11y: { test: 'error' },
    options: {
      storySort: {
        order: ['Docs', ['Embedding', '*'], 'Flows', 'States', 'Components', 'Vanilla', 'Seeing'],
      },
    },
  },
  tags: ['autodocs'],
}
export default preview

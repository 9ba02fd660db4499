import type { Preview } from '@storybook/react-vite'
import 'totp-flow/theme.css'
import '../examples/demo/page/style.css'
import '../stories/looks.css'

const preview: Preview = {
  parameters: {
    layout: 'centered',
    a11y: { test: 'error' },
    options: { storySort: { order: ['Docs', 'Flows', 'States', '*'] } },
  },
  tags: ['autodocs'],
}
export default preview

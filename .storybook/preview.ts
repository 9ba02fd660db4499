import type { Preview } from '@storybook/react-vite'
import 'totp-flow/theme.css'
import '../examples/demo/page/style.css'
import '../stories/looks.css'

const preview: Preview = {
  parameters: { layout: 'centered', a11y: { test: 'error' } },
  tags: ['autodocs'],
}
export default preview

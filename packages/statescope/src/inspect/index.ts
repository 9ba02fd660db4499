/**
 * Shows what any XState v5 actor does: packages/statescope/README.md#watch-an-app. By default, nothing leaves this computer.
 *
 * @module statescope
 */
export {
  createInspector,
  type Inspector,
  type InspectorOptions,
  type InspectorTarget,
} from './create-inspector.ts'
export type { SendEvent } from './message.ts'

/**
 * Shows what any XState v5 actor does: packages/statescope/README.md#watch-an-app. Nothing leaves the machine by default.
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

/**
 * Shows what a flow, or any XState v5 actor, does: README.md#see-it, docs/inspector.md. Nothing leaves the machine by
 * default, and no secret is shown.
 *
 * @module totp-flow/inspect
 */
export {
  createInspector,
  type Inspector,
  type InspectorOptions,
  type InspectorTarget,
} from './create-inspector.ts'

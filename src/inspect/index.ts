export {
  createInspector,
  type Inspector,
  type InspectorOptions,
  type InspectorTarget,
} from './create-inspector.ts'

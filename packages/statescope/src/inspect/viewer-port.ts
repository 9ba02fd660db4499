/** The default port of the viewer. */
export const VIEWER_PORT = 4747

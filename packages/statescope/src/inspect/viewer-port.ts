/** Where the viewer is looked for unless told otherwise. */
export const VIEWER_PORT = 4747

/** Time to read that the app is on, after an enrollment. */
export const SHOWS_FINISHED_MS = 8000

/**
 * `@statelyai/inspect` sends when the page is idle, and Chromium calls no page idle beside a few others on a busy machine:
 * a test would wait for it without end.
 */
window.requestIdleCallback = (callback) =>
  window.setTimeout(() => callback({ didTimeout: true, timeRemaining: () => 0 }))

/** Comes over Storybook's channel with a message of the inspector protocol, as JSON. */
export const MESSAGE = 'totp-flow/statechart/message'

/** The panel, as Storybook knows it. */
export const PANEL = 'totp-flow/statechart/panel'

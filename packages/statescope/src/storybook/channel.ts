/** Comes over Storybook's channel with a message of the inspector protocol, as JSON. */
export const MESSAGE = 'statescope/message'

/** The panel, as Storybook knows it: the value of `selectedPanel`. */
export const PANEL = 'statescope/panel'

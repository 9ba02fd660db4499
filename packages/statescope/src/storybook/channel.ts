/** The event on Storybook's channel that carries a message of the inspector protocol, as JSON. */
export const MESSAGE = 'statescope/message'

/** The panel's id in Storybook: the value of `selectedPanel`. */
export const PANEL = 'statescope/panel'

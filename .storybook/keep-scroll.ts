const isInDocs = () => document.querySelector('#storybook-docs:not([hidden])') !== null

/** A documentation page shows many stories at once. None may scroll the page by focusing its code field. */
export function keepScroll(): void {
  const { focus } = HTMLElement.prototype
  HTMLElement.prototype.focus = function (options) {
    focus.call(this, isInDocs() ? { ...options, preventScroll: true } : options)
  }
  // `select` focuses too, and has no option against scrolling.
  const { select } = HTMLInputElement.prototype
  HTMLInputElement.prototype.select = function () {
    if (!isInDocs()) return select.call(this)
    this.focus()
    this.setSelectionRange(0, this.value.length)
  }
}

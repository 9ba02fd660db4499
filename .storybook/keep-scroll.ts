const isInDocs = () => document.querySelector('#storybook-docs:not([hidden])') !== null

/** A page of documentation shows many stories at once: none may scroll the page by focusing its code field. */
export function keepScroll(): void {
  const { focus } = HTMLElement.prototype
  HTMLElement.prototype.focus = function (options) {
    focus.call(this, isInDocs() ? { ...options, preventScroll: true } : options)
  }
  // It focuses as well, and cannot be told not to scroll.
  const { select } = HTMLInputElement.prototype
  HTMLInputElement.prototype.select = function () {
    if (!isInDocs()) return select.call(this)
    this.focus()
    this.setSelectionRange(0, this.value.length)
  }
}

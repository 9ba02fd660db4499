/** What tests use of Bootstrap, which has no types of its own. */
declare module 'bootstrap' {
  export class Modal {
    static getOrCreateInstance(element: Element): Modal
    show(): void
  }
}

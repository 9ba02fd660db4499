/** What tests use of packages without types of their own. */
declare module 'bootstrap' {
  export class Modal {
    static getOrCreateInstance(element: Element): Modal
    show(): void
  }
}
/** What Svelte compiles a `$state` to. */
declare module 'svelte/internal/client' {
  export function proxy<Value>(value: Value): Value
}

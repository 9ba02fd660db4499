/** Whether this browser can make and use passkeys on this page. */
export const isSupported = (): boolean => typeof globalThis.PublicKeyCredential === 'function'

/** So that `import "totp-flow/theme.css"` has a type. */
export {}

throw new Error(
  'Shlyuz needs Node.js: in a browser the address and the certificate of a connection cannot be checked, and keys would be public. Call it from your server.',
)
export {}

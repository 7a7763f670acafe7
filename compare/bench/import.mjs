/** Imports a client of this folder, for the measurement of how long that takes. */
export function importPeer(name) {
  return import(name)
}

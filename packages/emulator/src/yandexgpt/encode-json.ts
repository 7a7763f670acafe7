/**
 * JSON text in which whole numbers are doubles (`5.0`), as google.protobuf.Struct was recorded to come back in the
 * arguments of function calls. JavaScript's own writer cannot say that.
 */
export function encodeStruct(value: unknown): string {
  return encode(value, encodeDouble)
}

/** JSON text with spaces behind commas and colons, as the models write it (recorded). */
export function encodeSpacedJson(value: unknown): string {
  return encode(value, JSON.stringify)
}

function encodeDouble(value: number): string {
  const text = JSON.stringify(value)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}

function encode(value: unknown, encodeNumber: (value: number) => string): string {
  if (typeof value === 'number') return encodeNumber(value)
  if (Array.isArray(value)) return `[${value.map((item) => encode(item, encodeNumber)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}: ${encode(field, encodeNumber)}`).join(', ')}}`
}

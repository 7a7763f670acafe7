/**
 * Where one JSON document differs from another, place by place: `+ key` it has more, `- key` it lacks,
 * `~ key: string, not number` is of another type, `= key` has another value. Lists are compared item by item.
 */
export function differences(actual: unknown, given: unknown, place = ''): readonly string[] {
  const [type, wanted] = [typeOf(actual), typeOf(given)]
  if (type !== wanted) return [`~ ${place || '.'}: ${type}, not ${wanted}`]
  if (type !== 'object' && type !== 'array') return actual === given ? [] : [`= ${place || '.'}`]
  const [mine, theirs] = [entriesOf(actual, place), entriesOf(given, place)]
  const places = [...new Set([...mine.keys(), ...theirs.keys()])]
  return places.flatMap((inner) => {
    if (!theirs.has(inner)) return [`+ ${inner}`]
    return mine.has(inner) ? differences(mine.get(inner), theirs.get(inner), inner) : [`- ${inner}`]
  })
}

/**
 * The same for shapes: keys and types alone. Items of a list count together, as `messages[]`: a key is there when one
 * item has it, so that a list of three and a list of five can be of one shape.
 */
export function shapeDifferences(actual: unknown, given: unknown): readonly string[] {
  const [mine, theirs] = [typesOf([actual]), typesOf([given])]
  const places = [...new Set([...mine.keys(), ...theirs.keys()])]
  const found = places.flatMap((place) => {
    const [types, wanted] = [mine.get(place), theirs.get(place)]
    if (!wanted) return [`+ ${place}`]
    if (!types) return [`- ${place}`]
    return types === wanted ? [] : [`~ ${place}: ${types}, not ${wanted}`]
  })
  // What is below a place that is not there, or is something else, says nothing more.
  const shown = found.map((difference) => difference.slice(2).split(':', 1)[0] ?? '')
  return found.filter((_, index) => !shown.some((other) => isBelow(shown[index] ?? '', other)))
}

function isBelow(place: string, other: string): boolean {
  return place !== other && (other === '.' || place.startsWith(`${other}.`) || place.startsWith(`${other}[`))
}

/** Each place with the types found there, joined by ` or `. */
function typesOf(values: readonly unknown[], place = '.'): ReadonlyMap<string, string> {
  const types = [...new Set(values.map(typeOf))].toSorted().join(' or ')
  const inner = new Map<string, unknown[]>()
  for (const value of values) {
    for (const [key, child] of childrenOf(value, place === '.' ? '' : place)) {
      inner.set(key, [...(inner.get(key) ?? []), child])
    }
  }
  return new Map([[place, types], ...[...inner].flatMap(([key, children]) => [...typesOf(children, key)])])
}

function childrenOf(value: unknown, place: string): readonly (readonly [string, unknown])[] {
  if (Array.isArray(value)) return value.map((item: unknown) => [`${place}[]`, item] as const)
  return typeOf(value) === 'object' ? [...entriesOf(value, place)] : []
}

function entriesOf(value: unknown, place: string): ReadonlyMap<string, unknown> {
  if (Array.isArray(value)) return new Map(value.map((item: unknown, index) => [`${place}[${index}]`, item]))
  const prefix = place === '' ? '' : `${place}.`
  return new Map(Object.entries(value as object).map(([key, child]) => [`${prefix}${key}`, child as unknown]))
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

import { expect, it } from 'vitest'
import { describePlaces } from './describe-places.ts'

const schema = {
  type: 'object',
  properties: { items: { type: 'array', items: { $ref: '#/$defs/item' } }, byName: { type: 'object' } },
  $defs: { item: { type: 'object', properties: { price: { type: 'number' } } } },
}

it.each([
  ['items.0.price: expected number', 'items.0.price'],
  ['byName.Иван Петров: expected number', 'byName.*'],
  ['byName.Иван: Петров: expected number', 'byName.*'],
  ['the whole: expected object', 'the whole'],
  ['the answer is not JSON', 'the answer is not JSON'],
])('of %j an error tells %j', (issue, place) => {
  expect(describePlaces([issue, issue], schema)).toBe(place)
})

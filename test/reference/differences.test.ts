// What the reference suites compare with finds what it is there to find.
import { describe, expect, it } from 'vitest'
import { differences, shapeDifferences } from './differences.ts'

const given = { model: 'a', count: 1, items: [{ text: 'x' }, { text: 'y', mark: null }] }

describe('differences', () => {
  it('has none between equal documents, whatever the order of their keys', () => {
    expect(differences({ items: [{ text: 'x' }, { mark: null, text: 'y' }], count: 1, model: 'a' }, given)).toEqual([])
  })

  it('names what is more, less, of another type, of another value', () => {
    const actual = { model: 'b', count: '1', items: [{ text: 'x', more: 1 }], extra: true }
    expect(differences(actual, given)).toEqual([
      '= model',
      '~ count: string, not number',
      '+ items[0].more',
      '- items[1]',
      '+ extra',
    ])
    expect(differences([], {})).toEqual(['~ .: array, not object'])
  })
})

describe('shapeDifferences', () => {
  it('has none between documents with the same keys and types', () => {
    expect(shapeDifferences({ model: 'z', count: 7, items: [{ text: '', mark: null }] }, given)).toEqual([])
  })

  it('names keys and types, once each and not what is below them', () => {
    const actual = { model: 'z', count: null, items: [{ text: 1, mark: null, deep: { deeper: 1 } }] }
    expect(shapeDifferences(actual, given)).toEqual([
      '~ count: null, not number',
      '~ items[].text: number, not string',
      '+ items[].deep',
    ])
    expect(shapeDifferences({ model: 'z', count: 1 }, given)).toEqual(['- items'])
    expect(shapeDifferences([], given)).toEqual(['~ .: array, not object'])
  })

  it('sees an item of another kind among the others', () => {
    expect(shapeDifferences([1, 'a'], [1])).toEqual(['~ []: number or string, not number'])
  })
})

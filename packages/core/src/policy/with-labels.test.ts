import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { collectLabels, withLabels, type LabelOptions } from './with-labels.ts'

describe('withLabels', () => {
  test('labels what runs inside it and what that awaits, and nothing else', async () => {
    const inside = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      return collectLabels({})
    }
    const labels = { system: 'crm' }
    const [one, two] = await Promise.all([withLabels({ labels, dataClass: 'internal' }, inside), inside()])
    expect(one).toEqual({ labels, dataClasses: ['internal'] })
    expect(two).toEqual({ labels: {}, dataClasses: [] })
  })

  test('a call adds to what stands around it and takes nothing away', () => {
    withLabels({ labels: { system: 'crm' }, dataClass: ['internal'] }, () => {
      expect(collectLabels({ labels: { purpose: 'summary' }, dataClass: ['Health ', 'INTERNAL'] })).toEqual({
        labels: { system: 'crm', purpose: 'summary' },
        dataClasses: ['internal', 'health'],
      })
      expect(withLabels({ dataClass: [] }, () => collectLabels({})).dataClasses).toEqual(['internal'])
    })
  })

  test('a label cannot be talked out of its meaning; the same one may be repeated', () => {
    withLabels({ labels: { category: 'health' } }, () => {
      expect(() => collectLabels({ labels: { category: 'public' } })).toThrow(ConfigurationError)
      expect(() => withLabels({ labels: { category: 'public' } }, () => {})).toThrow(ConfigurationError)
      expect(collectLabels({ labels: { category: 'health' } }).labels).toEqual({ category: 'health' })
    })
  })

  test('gives back what the work gives back, and lets through what it throws', () => {
    expect(withLabels({}, () => 42)).toBe(42)
    const error = new Error('own')
    expect(() =>
      withLabels({}, () => {
        throw error
      }),
    ).toThrow(error)
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a mistyped key', { dataClasses: ['health'] }],
    ['inherited labels', Object.create({ labels: { category: 'health' } })],
  ])('refuses %s', (_what, options) => {
    expect(() => withLabels(options as LabelOptions, () => {})).toThrow(ConfigurationError)
  })
})

describe('collectLabels', () => {
  test.each<[string, unknown]>([
    ['labels that are a text', { labels: 'health' }],
    ['labels that are a list', { labels: ['health'] }],
    ['no labels', { labels: null }],
    ['labels in a Map', { labels: new Map([['category', 'health']]) }],
    ['inherited labels', { labels: Object.create({ category: 'health' }) }],
    ['a label that is no text', { labels: { category: 1 } }],
    ['a class that is no word', { dataClass: '!' }],
    ['an empty class', { dataClass: '' }],
    ['a class that is no text', { dataClass: 1 }],
    ['classes in a Set', { dataClass: new Set(['health']) }],
    ['a hole in the list', { dataClass: Array.from({ length: 1 }) }],
    ['a long class', { dataClass: 'x'.repeat(61) }],
  ])('refuses %s', (_what, options) => {
    expect(() => collectLabels(options as LabelOptions)).toThrow(ConfigurationError)
  })

  test('what it gives is frozen, and a copy', () => {
    const labels = { system: 'crm' }
    const collected = collectLabels({ labels })
    labels.system = 'other'
    expect(collected.labels).toEqual({ system: 'crm' })
    expect([collected, collected.labels, collected.dataClasses].every(Object.isFrozen)).toBe(true)
  })
})

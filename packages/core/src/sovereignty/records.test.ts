import { describe, expect, test } from 'vitest'
import { endpoints } from './endpoints.ts'
import { findModelRecord, models } from './models.ts'

describe('the records', () => {
  test('each says where it comes from and when it was looked at', () => {
    for (const { source, asOf } of [...endpoints, ...models]) {
      expect(source.length).toBeGreaterThan(10)
      expect(asOf).toMatch(/^20\d\d-\d\d-\d\d$/)
    }
  })

  test('a model has one record, found whatever the case', () => {
    const keys = models.map(({ kind, id }) => `${kind} ${id.toLowerCase()}`)
    expect(new Set(keys).size).toBe(keys.length)
    expect(findModelRecord('gigachat', 'GIGACHAT-2-max')?.developer).toBe('ru')
    expect(findModelRecord('yandexgpt', 'GigaChat-2-Max')).toBeUndefined()
    expect(findModelRecord('gigachat', 'GigaChat-2-Lite')).toBeUndefined()
  })

  test('none can be changed', () => {
    expect([endpoints, models, ...endpoints, ...models].every(Object.isFrozen)).toBe(true)
  })

  test('only own origins, spelled as the parser gives them', () => {
    for (const { origin, credentialOnly } of endpoints) {
      expect(new URL(origin).origin).toBe(origin)
      expect(credentialOnly === undefined ? origin.startsWith('https://') : origin.startsWith('http://')).toBe(true)
    }
  })

  test('adapted weights name their base', () => {
    for (const { weights, base } of models) expect(weights === 'adapted-foreign').toBe(base !== undefined)
  })
})

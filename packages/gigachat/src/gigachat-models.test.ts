import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '@shlyuz/core'
import { convertAnsweredModel, gigachatModels, parseGigachatModel } from './gigachat-models.ts'

describe('parseGigachatModel', () => {
  it('knows every id of the list as it is and in any case', () => {
    for (const { id } of gigachatModels) {
      expect(parseGigachatModel(id)).toEqual({ id, catalogueId: id })
      expect(parseGigachatModel(id.toUpperCase())).toEqual({ id: id.toUpperCase(), catalogueId: id })
    }
  })

  it('spells the preview of a known model as the catalogue would', () => {
    expect(parseGigachatModel('gigachat-3-ultra-PREVIEW').catalogueId).toBe('GigaChat-3-Ultra-preview')
  })

  it('lets an unknown but plain name through: the policy judges it', () => {
    expect(parseGigachatModel('My-Stand.v2_1')).toEqual({ id: 'My-Stand.v2_1', catalogueId: 'My-Stand.v2_1' })
  })

  it.each([
    ['empty', ''],
    ['blank', ' '],
    ['a space inside', 'GigaChat 2'],
    ['a line break at the end', 'GigaChat-2\n'],
    ['a percent sign', 'GigaChat%2D2'],
    ['a path', 'models/GigaChat-2'],
    ['a backslash', 'GigaChat\\2'],
    ['a dot segment', '..'],
    ['two dots', 'GigaChat..2'],
    ['a dot at the end', 'GigaChat-2.'],
    ['a NUL', 'GigaChat-2\0'],
    ['a version', 'GigaChat-2-Max:2.0.30.01'],
    ['a Cyrillic look-alike', 'GigaСhat-2'],
    ['a full-width letter', 'ＧigaChat-2'],
    ['a query', 'GigaChat-2?x=1'],
    ['128 characters', 'a'.repeat(128)],
    ['no string', 7 as unknown as string],
  ])('refuses %s', (_what, id) => {
    expect(() => parseGigachatModel(id)).toThrow(ConfigurationError)
  })
})

describe('convertAnsweredModel', () => {
  const answeredTo = (asked: string, answered: unknown): string | undefined =>
    convertAnsweredModel(answered, parseGigachatModel(asked))

  it.each([
    ['GigaChat-2-Max', 'GigaChat-2-Max:2.0.30.01', 'GigaChat-2-Max'],
    ['gigachat-2-max', 'GigaChat-2-Max:2.0.30.01', 'GigaChat-2-Max'],
    ['GigaChat', 'GigaChat:2.0.28.2', 'GigaChat'],
    ['GigaChat', 'GigaChat-2:2.0.28.2', 'GigaChat'],
    ['GigaChat-Max-preview', 'GigaChat-2-Max-preview:2.1', 'GigaChat-Max-preview'],
    ['My-Stand', 'my-stand:1', 'My-Stand'],
    ['GigaChat-2', 'GigaChat-2', 'GigaChat-2'],
  ])('%s answered as %s is the model asked for', (asked, answered, expected) => {
    expect(answeredTo(asked, answered)).toBe(expected)
  })

  it.each([
    ['GigaChat-2', 'GigaChat-2-Max:2.0', 'GigaChat-2-Max'],
    ['GigaChat', 'GigaChat-2-Max:2.0', 'GigaChat-2-Max'],
    ['GigaChat-2-Max', 'GigaChat-2-Max-preview:2.1', 'GigaChat-2-Max-preview'],
    ['GigaChat-2', 'qwen3-235b:1', 'qwen3-235b'],
  ])('%s answered as %s is another one, for the policy to see', (asked, answered, expected) => {
    expect(answeredTo(asked, answered)).toBe(expected)
  })

  it.each([[undefined], [null], [''], [':2.0'], ['not a name'], [7], [{}]])('states nothing for %j', (answered) => {
    expect(answeredTo('GigaChat-2', answered)).toBeUndefined()
  })
})

it('has a dated price, VAT included, for the models with a published one', () => {
  const priced = gigachatModels.flatMap((card) => ('prices' in card ? [[card.id, card.prices]] : []))
  const line = (perMillion: string): object => ({
    inputPerMillion: perMillion,
    outputPerMillion: perMillion,
    cachedInputPerMillion: '0',
    vatIncluded: true,
    source: 'developers.sber.ru/docs/ru/gigachat/tariffs/legal-tariffs',
    asOf: '2026-02-01',
  })
  expect(priced).toEqual([
    ['GigaChat-2', [line('65')]],
    ['GigaChat-2-Pro', [line('500')]],
    ['GigaChat-2-Max', [line('650')]],
  ])
  // Of batches, one price is published.
  const deferred = gigachatModels.flatMap((card) => ('deferredPrices' in card ? [[card.id, card.deferredPrices]] : []))
  expect(deferred).toEqual([['GigaChat-2-Max', [line('325')]]])
})

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findPersonalData, personalDataTypes } from '@shlyuz/personal-data'
import { describe, expect, test } from 'vitest'
import { readSentences } from './pii-case-file.ts'
import { createCorpus, readMarkedLines } from './pii-corpus.ts'
import { listShortfalls, scoreSentences } from './pii-score.ts'

const reference = fileURLToPath(new URL('../../../shared/fixtures/pii/sentences.json', import.meta.url))

describe('personal data in sentences', () => {
  test.each([1, 20, 300])('is found well enough in our own sentences with values of seed %i', (seed) => {
    const score = scoreSentences(createCorpus(seed), findPersonalData)
    expect(listShortfalls(score)).toEqual([])
    expect(score.types.map(({ type }) => type)).toEqual([...personalDataTypes].toSorted())
    expect(score.overall.precision).toBeGreaterThan(0.98)
    expect(score.overall.recall).toBeGreaterThan(0.98)
  })

  test('is found well enough in sentences that were written to find mistakes', () => {
    const lines = readFileSync(new URL('pii-sentences.txt', import.meta.url), 'utf8')
    const score = scoreSentences(readMarkedLines(lines), findPersonalData)
    expect(listShortfalls(score)).toEqual([])
    expect(score.overall.recall).toBeGreaterThan(0.97)
  })

  test.skipIf(!existsSync(reference))('is found well enough in the reference sentences', () => {
    const score = scoreSentences(readSentences(readFileSync(reference, 'utf8')), findPersonalData)
    expect(listShortfalls(score)).toEqual([])
    expect(score.overall.recall).toBeGreaterThan(0.98)
  })

  test('is found the same at the second reading', () => {
    for (const { text } of createCorpus(7, 1)) expect(findPersonalData(text)).toEqual(findPersonalData(text))
  })
})

describe('the score', () => {
  const sentences = [{ id: '1', text: 'Анна, 5', spans: [{ start: 0, end: 4, type: 'PERSON' }] }]

  test('counts a span that is a letter too long as missed and as wrong', () => {
    const score = scoreSentences(sentences, () => [{ start: 0, end: 5, type: 'PERSON' }])
    expect(score.types).toEqual([{ type: 'PERSON', precision: 0, recall: 0, found: 0, wrong: 1, missed: 1 }])
    expect(listShortfalls(score).map(({ type }) => type)).toEqual(['PERSON'])
  })

  test('counts a span of another type as missed and as wrong', () => {
    const score = scoreSentences(sentences, () => [{ start: 0, end: 4, type: 'PHONE' }])
    expect(score.mistakes.map(({ kind, type }) => `${kind} ${type}`)).toEqual(['missed PERSON', 'wrong PHONE'])
  })
})

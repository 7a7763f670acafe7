import { describe, expect, it } from 'vitest'
import { RateQuotas } from './rate-quotas.ts'

describe('rate quotas', () => {
  it('give back each request a second after it', () => {
    const quotas = new RateQuotas()
    for (let index = 0; index < 10; index++) expect(quotas.take('embeddings', 1000 + index * 50)).toBeUndefined()
    expect(quotas.take('embeddings', 1999)).toContain('allowed 10')
    expect(quotas.take('embeddings', 2001)).toBeUndefined()
    expect(quotas.take('embeddings', 2002)).toContain('allowed 10')
  })

  it('count kinds apart, and the longer of two rates as well', () => {
    const quotas = new RateQuotas()
    expect(quotas.take('classification', 0)).toBeUndefined()
    expect(quotas.take('classification', 500)).toContain('allowed 1 ')
    expect(quotas.take('poll', 500)).toBeUndefined()
    for (let index = 0; index < 5000; index++) expect(quotas.take('submission', index * 101)).toBeUndefined()
    expect(quotas.take('submission', 5000 * 101)).toContain('PerHour.rate rate quota limit exceed: allowed 5000')
  })
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { GrowingText } from './growing-text.ts'

it('is what was appended, whenever it is looked at', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.boolean()), { maxLength: 100 }), (given) => {
      const text = new GrowingText()
      let whole = ''
      for (const [piece, isLookedAt] of given) {
        text.append(piece)
        whole += piece
        expect(text).toHaveLength(whole.length)
        if (isLookedAt) expect(String(text)).toBe(whole)
      }
      expect(String(text)).toBe(whole)
    }),
  )
})

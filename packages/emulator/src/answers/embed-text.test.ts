import { describe, expect, it } from 'vitest'
import { embedText, normalise } from './embed-text.ts'

const cosine = (a: string, b: string, dimensions = 256): number => {
  const [first, second] = [normalise(embedText(a, dimensions)), normalise(embedText(b, dimensions))]
  return first.reduce((sum, value, index) => sum + value * (second[index] ?? 0), 0)
}

describe('vectors of texts', () => {
  it.each([128, 256, 512, 768, 1024, 1536, 2560])('have %i numbers, the same each time', (dimensions) => {
    const vector = embedText('кошка спит на диване', dimensions)
    expect(vector).toHaveLength(dimensions)
    expect(vector.every(Number.isFinite)).toBe(true)
    expect(vector.filter((value) => value !== 0).length).toBeGreaterThan(20)
    expect(embedText('кошка спит на диване', dimensions)).toEqual(vector)
  })

  it.each([128, 256, 1536])('put near what shares words or parts of them, in %i dimensions', (dimensions) => {
    const text = 'кошка спит на диване'
    const far = cosine(text, 'курс доллара вырос', dimensions)
    expect(cosine(text, 'на диване спал кот', dimensions)).toBeGreaterThan(far + 0.2)
    expect(cosine(text, 'кошки спят', dimensions)).toBeGreaterThan(far + 0.2)
    expect(cosine('Курсы валют: доллар растёт', 'курс доллара вырос', dimensions)).toBeGreaterThan(
      cosine('Курсы валют: доллар растёт', text, dimensions) + 0.2,
    )
    expect(Math.abs(far)).toBeLessThan(0.25)
  })

  it('find a paragraph by a question', () => {
    const paragraphs = [
      'Отпуск предоставляется сотруднику через шесть месяцев непрерывной работы.',
      'Возврат товара возможен в течение четырнадцати дней с момента покупки.',
      'Пропуск в здание выдаёт служба безопасности на первом этаже.',
    ]
    const nearest = (question: string): string | undefined =>
      paragraphs.toSorted((a, b) => cosine(question, b) - cosine(question, a))[0]
    expect(nearest('когда сотрудник может пойти в отпуск')).toBe(paragraphs[0])
    expect(nearest('как вернуть товар после покупки')).toBe(paragraphs[1])
    expect(nearest('где получить пропуск')).toBe(paragraphs[2])
  })

  it('do not mind case, ё and signs', () => {
    expect(embedText('Ёлка, ёлка!', 256)).toEqual(embedText('елка ЕЛКА', 256))
  })

  it('exist for texts without words too, and are zeros for none', () => {
    expect(normalise(embedText('!!!', 8)).some((value) => value !== 0)).toBe(true)
    expect(normalise(embedText('', 4))).toEqual([0, 0, 0, 0])
  })

  it('have a length of 1 once normalised', () => {
    expect(Math.hypot(...normalise(embedText('длинный текст о многом', 256)))).toBeCloseTo(1, 12)
  })
})

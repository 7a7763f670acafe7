import { describe, expect, test } from 'vitest'
import { startBoth } from './both.ts'

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, one, at) => sum + one * (y[at] ?? 0), 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

describe.each(['gigachat/Embeddings-2', 'yandexgpt/text-search-doc'])('embeddings of %s', (model) => {
  test('near texts are nearer than others, and the order is that of the texts', async () => {
    await using world = await startBoth()
    const values = [
      'Обь и Енисей — великие реки Сибири',
      'Рецепт борща со сметаной и чесноком',
      'Сибирь знаменита великими реками: Обь, Енисей',
    ]
    const { embeddings, usage, policy } = await world.client.embedMany({ model, values, kind: 'document' })
    const [rivers = [], soup = [], again = []] = embeddings
    expect(cosine(rivers, again)).toBeGreaterThan(cosine(rivers, soup))
    expect(usage.inputTokens).toBeGreaterThan(0)
    expect(policy).toMatchObject({ verdict: 'allow', network: 'test' })
    const single = await world.client.embed({ model, value: values[1] as string, kind: 'document' })
    expect(single.embedding).toEqual(soup)
  })
})

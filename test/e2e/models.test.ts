import { describe, expect, test } from 'vitest'
import { startBoth } from './both.ts'

describe('models and tokens of both services', () => {
  test('are listed with what we know and what the policy says', async () => {
    await using world = await startBoth()
    const models = await world.client.listModels()
    expect(new Set(models.map(({ provider }) => provider))).toEqual(new Set(['gigachat', 'yandexgpt']))
    const find = (model: string) => models.find((one) => one.model === model)
    expect(find('gigachat/GigaChat-2-Max')).toMatchObject({ live: true, allowed: true, code: 'ok', kind: 'chat' })
    expect(find('gigachat/GigaChat-2-Max')?.card?.prices?.length).toBeGreaterThan(0)
    expect(find('yandexgpt/yandexgpt-5.1')).toMatchObject({ live: true, allowed: true, identity: { developer: 'ru' } })
    const foreign = models.filter(({ code }) => code === 'model.foreign')
    expect(foreign.length).toBeGreaterThan(0)
    expect(foreign.every(({ allowed, identity }) => !allowed && identity.developer === 'foreign')).toBe(true)
    expect(new Set(models.map(({ model }) => model)).size).toBe(models.length)
  })

  test.each(['gigachat/GigaChat-2-Max', 'yandexgpt/yandexgpt-5.1'])(
    '%s: a longer prompt has more tokens',
    async (model) => {
      await using world = await startBoth()
      const count = async (prompt: string) => (await world.client.countTokens({ model, prompt })).tokens
      const short = await count('Привет')
      expect(short).toBeGreaterThan(0)
      expect(await count('Привет '.repeat(50))).toBeGreaterThan(short * 10)
    },
  )
})

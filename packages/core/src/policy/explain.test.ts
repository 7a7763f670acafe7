import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { all, definePolicy, observe } from './define-policy.ts'
import { describeDecision } from './describe-decision.ts'
import { explain, type ExplainedIntent } from './explain.ts'
import { createGuard } from './guard.ts'
import { domesticOnly } from './presets/domestic-only.ts'
import { reasonCodes } from './reason-codes.ts'
import { rule } from './rule.ts'
import { withLabels } from './with-labels.ts'

const yandex = { provider: 'yandexgpt', model: 'yandexgpt-5.1' }

describe('explain', () => {
  test('says what is allowed and by which rules', async () => {
    const { verdict, text } = await explain(domesticOnly(), yandex)
    expect(verdict).toBe('allow')
    expect(text).toEqual({
      en: 'allowed by the policy domestic-only (rules: models)',
      ru: 'Разрешено политикой domestic-only (правила: models)',
    })
  })

  test('says in both languages why not, and what to do', async () => {
    const explained = await explain(domesticOnly(), { ...yandex, model: 'gpt-oss-120b' })
    expect(explained).toMatchObject({ verdict: 'deny', code: 'model.foreign', depth: 'intent' })
    expect(explained.text.en).toContain(
      'refused by the policy domestic-only, rule models: the model was developed abroad',
    )
    expect(explained.text.ru).toMatch(
      /^Запрос отклонён политикой domestic-only, правило models: модель создана за рубежом/,
    )
    expect(explained.text.ru).toContain('Возьмите отечественную модель')
  })

  test('judges an address as well', async () => {
    const at = (url: string) => explain(domesticOnly(), { ...yandex, url })
    expect(await at('https://llm.api.cloud.yandex.net/')).toMatchObject({ verdict: 'allow' })
    expect(await at('https://evil.example/')).toMatchObject({ code: 'url.host_not_allowed', depth: 'url' })
    expect(await at('nonsense')).toMatchObject({ verdict: 'deny', code: 'url.unparseable' })
  })

  test('asks own rules, waits for them, and gives them labels and data classes', async () => {
    const seen = rule({
      name: 'night',
      version: '2',
      evaluate: async ({ labels, dataClasses }) =>
        labels['system'] === 'crm' && dataClasses.includes('internal') ? 'permit' : 'forbid',
    })
    const policy = all(domesticOnly(), definePolicy({ name: 'own', rules: [seen] }))
    expect(await explain(policy, yandex)).toMatchObject({ code: 'policy.forbidden' })
    const labelled = await withLabels({ labels: { system: 'crm' } }, () =>
      explain(policy, { ...yandex, dataClass: 'internal' }),
    )
    expect(labelled.text.en).toBe('allowed by the policy domestic-only + own (rules: models, night@2)')
  })

  test('takes the content for what it is said to be', async () => {
    const linked = await explain(domesticOnly(), { ...yandex, content: { remoteUrls: 1 } })
    expect(linked.code).toBe('content.remote_url')
    expect((await explain(domesticOnly(), { provider: 'gigachat', operation: 'token' })).verdict).toBe('allow')
  })

  test('says what observing lets go on', async () => {
    const { verdict, would, text } = await explain(observe(domesticOnly()), { ...yandex, model: 'gpt-oss-120b' })
    expect({ verdict, would }).toEqual({ verdict: 'allow', would: 'deny' })
    expect(text.en).toMatch(/^allowed, because the policy domestic-only only observes; it would be refused by/)
    expect(text.ru).toMatch(/^Разрешено: политика domestic-only только наблюдает\. Иначе: Запрос отклонён/)
  })

  test('names what is demanded', async () => {
    const policy = definePolicy({ name: 'p', audit: 'strict', data: { special: 'deny' } })
    expect((await explain(policy, { provider: 'any' })).text.en).toContain('; demanded: log')
  })

  test('a model that cannot be read is refused', async () => {
    expect(await explain(domesticOnly(), { ...yandex, model: 'a/../b' })).toMatchObject({ code: 'model.unparseable' })
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['no provider', { model: 'yandexgpt' }],
    ['a provider that is none', { provider: {} }],
    ['a mistyped key', { provider: 'yandexgpt', modle: 'gpt-oss-120b' }],
  ])('refuses %s', async (_what, intent) => {
    await expect(explain(domesticOnly(), intent as ExplainedIntent)).rejects.toThrow(ConfigurationError)
  })

  test('refuses what is no policy', async () => {
    await expect(explain({ ...domesticOnly() }, yandex)).rejects.toThrow(ConfigurationError)
  })
})

test.each(reasonCodes.filter((code) => code !== 'ok'))('%s is described in both languages, on one line', (code) => {
  const facts = { host: 'a\nb', model: 'x'.repeat(300) }
  const { en, ru } = describeDecision(createGuard([domesticOnly()]).refuse(code, 'intent', facts))
  for (const text of [en, ru]) {
    expect(text).not.toMatch(/[\n\r]|undefined|x{201}/)
    expect(text).toContain('domestic-only')
  }
  expect(ru).toMatch(/[а-я].*\. [А-Я]/u)
})

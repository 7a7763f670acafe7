import { describe, expect, it } from 'vitest'
import { nativeServices, type NativeServices } from '../../test-support/native-services.ts'

const classify = (services: NativeServices, change: object = {}) =>
  services.post('fewShotTextClassification', {
    modelUri: `cls://${services.folder}/yandexgpt-lite/latest`,
    taskDescription: 'Определи тему обращения',
    labels: ['оплата', 'доставка'],
    text: 'Когда приедет курьер с заказом?',
    samples: [
      { text: 'не проходит карта', label: 'оплата' },
      { text: 'курьер опаздывает', label: 'доставка' },
    ],
    ...change,
  })

interface Prediction {
  readonly label: string
  readonly confidence: number
}

describe('YandexGPT classification by a few samples', () => {
  it('gives a confidence for each label in the order asked, the nearest the highest', async () => {
    const services = nativeServices()
    const response = await classify(services)
    expect(response.status).toBe(200)
    const body = await response.json()
    expect(body).toEqual({
      predictions: [
        { label: 'оплата', confidence: expect.any(Number) },
        { label: 'доставка', confidence: expect.any(Number) },
      ],
      modelVersion: '23.10.2024',
      inputTokens: expect.stringMatching(/^\d+$/),
    })
    const [payment, delivery] = body.predictions as Prediction[]
    expect(delivery?.confidence).toBeGreaterThan(0.7)
    expect((payment?.confidence ?? 0) + (delivery?.confidence ?? 0)).toBeCloseTo(1, 10)
    expect(services.state.requests[0]).toMatchObject({ operation: 'classify' })
  })

  it('knows labels by their own words, without samples and in snake case', async () => {
    const services = nativeServices()
    const body = {
      model_uri: `cls://${services.folder}/yandexgpt`,
      task_description: 'Тема',
      labels: ['спорт', 'погода'],
      text: 'Прогноз погоды на завтра',
    }
    const { predictions } = await (await services.post('fewShotTextClassification', body)).json()
    expect(predictions[1].confidence).toBeGreaterThan(predictions[0].confidence)
  })

  it.each<[string, object, string]>([
    ['no labels', { labels: [] }, 'labels must not be empty'],
    ['an empty label', { labels: ['оплата', ' '], samples: [] }, 'labels[1] must not be empty'],
    ['a label twice', { labels: ['оплата', 'оплата'], samples: [] }, 'labels must be unique'],
    [
      '21 labels',
      { labels: Array.from({ length: 21 }, (_, index) => `тема ${index}`), samples: [] },
      'labels must be no more than 20, got 21',
    ],
    ['labels as text', { labels: 'оплата' }, 'invalid value for field labels'],
    [
      'a sample of another label',
      { samples: [{ text: 'да', label: 'прочее' }] },
      'samples[0].label is not one of the labels',
    ],
    ['a sample without text', { samples: [{ label: 'оплата' }] }, 'samples[0].text must not be empty'],
    ['no task', { taskDescription: '' }, 'taskDescription must not be empty'],
    ['no text', { text: undefined }, 'text must not be empty'],
    ['a model of text', { modelUri: 'gpt://b1gemulator000000000/yandexgpt-lite' }, 'Failed to get model'],
    ['a base that does not classify', { modelUri: 'cls://b1gemulator000000000/aliceai-llm' }, 'Failed to get model'],
  ])('refuses %s', async (_, change, message) => {
    const response = await classify(nativeServices(), change)
    expect(response.status).toBe(400)
    expect((await response.json()).error).toMatchObject({ grpcCode: 3, message })
  })

  it('is undecided about a text that shares no word with any label', async () => {
    const change = { text: 'Сколько лет дубу?', samples: [] }
    const { predictions } = await (await classify(nativeServices(), change)).json()
    expect(predictions.map(({ confidence }: Prediction) => confidence)).toEqual([0.5, 0.5])
  })

  it('takes twenty labels', async () => {
    const labels = Array.from({ length: 20 }, (_, index) => `тема ${index}`)
    const { predictions } = await (await classify(nativeServices(), { labels, samples: [] })).json()
    expect(predictions).toHaveLength(20)
  })

  it('obeys its rate of one a second when rates are switched on', async () => {
    const services = nativeServices({ rateQuotas: true })
    expect((await classify(services)).status).toBe(200)
    const refused = await classify(services)
    expect(refused.status).toBe(429)
    expect((await refused.json()).error.message).toContain('rate quota limit exceed: allowed 1 requests')
  })
})

describe('YandexGPT classification by a tuned model', () => {
  const served = 'yandexgpt-lite/rc@tamr0000000000000000'

  it('gives the labels that the options know', async () => {
    const services = nativeServices({ classifiers: { [served]: ['оператор', 'робот'] } })
    const body = { modelUri: `cls://${services.folder}/${served}`, text: 'позовите оператора' }
    const answer = await (await services.post('textClassification', body)).json()
    expect(answer).toMatchObject({ modelVersion: '', inputTokens: expect.stringMatching(/^\d+$/) })
    expect(answer.predictions.map(({ label }: Prediction) => label)).toEqual(['оператор', 'робот'])
    expect(answer.predictions[0].confidence).toBeGreaterThan(0.5)
  })

  it.each(['yandexgpt-lite/latest', 'yandexgpt-lite/rc@other'])('refuses %s', async (name) => {
    const services = nativeServices({ classifiers: { [served]: ['оператор', 'робот'] } })
    const response = await services.post('textClassification', {
      modelUri: `cls://${services.folder}/${name}`,
      text: 'привет',
    })
    expect(response.status).toBe(400)
    expect((await response.json()).error.message).toBe('Failed to get model')
  })
})

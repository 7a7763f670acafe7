import type { ExtraOperation, ModelRef, Operation, Reply, Shape, WireRequest } from '@shlyuz/core'
import { InputReader } from './input-reader.ts'
import { formatModelUri, parseYandexgptModel } from './parse-yandexgpt-model.ts'
import { createYandexgptHeaders, readFolder, type YandexgptCallSettings } from './yandexgpt-request.ts'
import { refuse } from './yandexgpt-settings.ts'

/** What `classifyFewShot` takes. */
export interface YandexgptFewShotInput {
  /** `yandexgpt-lite` or `yandexgpt`, by name or as `cls://folder/name`. */
  readonly model: string
  /** What is to be told apart: `Определи тему обращения`. */
  readonly taskDescription: string
  /** Up to 20 meaningful words. */
  readonly labels: readonly string[]
  readonly text: string
  /** Classified examples. */
  readonly samples?: readonly { readonly text: string; readonly label: string }[]
}

/** What `classifyTuned` takes. */
export interface YandexgptTunedClassifierInput {
  /** A tuned classifier of the folder, with its suffix: `yandexgpt-lite/rc@tamr…`. */
  readonly model: string
  readonly text: string
}

/** How sure a classifier is of each label, from 0 to 1. */
export interface YandexgptClassification {
  /** One for each label, in the order of the service. */
  readonly predictions: readonly { readonly label: string; readonly confidence: number }[]
  readonly inputTokens?: number
  /** A date; absent when the service does not say. */
  readonly modelVersion?: string
}

/**
 * Classifies a text by labels and examples: `POST /foundationModels/v1/fewShotTextClassification`.
 * Source: documentation, "Classifiers", FewShotTextClassificationRequest; one request a second.
 */
export function createClassifyFewShot(
  settings: YandexgptCallSettings,
): ExtraOperation<YandexgptFewShotInput, YandexgptClassification> {
  return {
    operation: 'classify',
    run(input) {
      const read = new InputReader('classifyFewShot', input, ['model', 'taskDescription', 'labels', 'text', 'samples'])
      const body = {
        taskDescription: read.text('taskDescription'),
        labels: read.texts('labels', 1, 20),
        text: read.text('text'),
        ...(read.has('samples') && { samples: read.rows('samples', ['text', 'label'], 0, 1_000) }),
      }
      const model = read.text('model')
      return { model, steps: classify('fewShotTextClassification', parseClassifier(model), body, settings) }
    },
  }
}

/**
 * Classifies a text by a tuned model: `POST /foundationModels/v1/textClassification`, up to 100 classes.
 * Source: documentation, "Classifiers", TextClassificationRequest.
 */
export function createClassifyTuned(
  settings: YandexgptCallSettings,
): ExtraOperation<YandexgptTunedClassifierInput, YandexgptClassification> {
  return {
    operation: 'classify',
    run(input) {
      const read = new InputReader('classifyTuned', input, ['model', 'text'])
      const model = read.text('model')
      const parsed = parseClassifier(model)
      if (parsed.tuned === undefined) {
        read.refuse(
          'model',
          'must be a tuned classifier with its suffix: name/branch@suffix',
          'дообученный классификатор с суффиксом, например yandexgpt-lite/rc@tamr…; без дообучения — classifyFewShot',
        )
      }
      return { model, steps: classify('textClassification', parsed, { text: read.text('text') }, settings) }
    },
  }
}

function parseClassifier(id: string): ModelRef {
  const model = parseYandexgptModel(id)
  const scheme = model.wire?.['scheme']
  if (scheme === undefined || scheme === 'cls') return model
  return refuse(
    `the address of a classifier begins with cls://, not with ${scheme}://`,
    'Адрес классификатора: cls://<каталог>/<имя>, или одно имя: yandexgpt-lite.',
  )
}

/** Source: TextClassificationResponse; unary, so without the wrapper `result`. */
const classificationShape: Shape = (z) =>
  z.looseObject({
    predictions: z.array(z.looseObject({ label: z.string(), confidence: z.number() })),
    inputTokens: z.union([z.string(), z.number()]).nullish(),
    modelVersion: z.string().nullish(),
  })

interface ClassificationBody {
  readonly predictions: readonly { readonly label: string; readonly confidence: number }[]
  readonly inputTokens?: string | number | null
  readonly modelVersion?: string | null
}

function* classify(
  method: string,
  model: ModelRef,
  fields: object,
  settings: YandexgptCallSettings,
): Operation<YandexgptClassification> {
  const folder = yield* readFolder(model, settings)
  const request: WireRequest = {
    endpoint: 'api',
    operation: 'classify',
    method: 'POST',
    path: `/foundationModels/v1/${method}`,
    headers: yield* createYandexgptHeaders(settings, folder),
    body: JSON.stringify({ modelUri: formatModelUri(model, folder, 'cls'), ...fields }),
    repeat: 'safe',
    accept: ['application/json'],
  }
  const { body } = (yield { do: 'exchange', request, read: 'json', shape: classificationShape }) as Reply
  const { predictions, inputTokens, modelVersion } = body as ClassificationBody
  const count = Number(inputTokens ?? Number.NaN)
  return {
    predictions: predictions.map(({ label, confidence }) => ({ label, confidence })),
    ...(Number.isSafeInteger(count) && count >= 0 && { inputTokens: count }),
    ...(modelVersion && { modelVersion }),
  }
}

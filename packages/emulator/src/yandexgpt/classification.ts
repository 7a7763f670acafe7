import type { Answer } from '../answer.ts'
import { embedText, normalise } from '../answers/embed-text.ts'
import type { Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { countTokens } from '../tokens.ts'
import { authorise } from './authorise.ts'
import { readFields, readList, readName, readString, type Fields } from './fields.ts'
import { isOfFolder, readModelUri, unknownModel, type ModelUri } from './model-uri.ts'
import { checkRate } from './rate-quotas.ts'
import { refuse } from './refusals.ts'

/** Documented limit. */
const mostLabels = 20
/** Bases of the classifiers that need no tuning. */
const bases = ['yandexgpt', 'yandexgpt-lite']
/** Texts that share nothing have a cosine up to about this, by chance of the hashing. */
const chance = 0.15
/** How much surer a classifier is of a near label than of a far one. Ours. */
const sharpness = 14

interface Sample {
  readonly text: string
  readonly label: string
}

/**
 * `POST /foundationModels/v1/fewShotTextClassification`: up to twenty labels and a few samples in, a confidence for each
 * label out, in the order of the request. Near is what shares words with the label or its samples. Texts of the
 * refusals are ours.
 *
 * @throws Refusal
 */
export async function answerFewShotClassification(exchange: Exchange): Promise<Answer> {
  const { fields, uri } = readRequest(exchange)
  const isKnown = uri.scheme === 'cls' && bases.includes(uri.name) && uri.suffix === undefined && uri.hasBranch
  if (!isKnown && !isOfFolder(exchange, uri)) throw unknownModel(uri)
  const task = readName(fields['taskDescription'], 'taskDescription')
  const labels = readLabels(fields['labels'])
  const text = readName(fields['text'], 'text')
  const samples = readSamples(fields['samples'], labels)
  const counted = [task, text, ...labels, ...samples.flatMap((sample) => [sample.text, sample.label])]
  return encodePredictions(exchange, text, labels, samples, { modelVersion: '23.10.2024', counted })
}

/**
 * `POST /foundationModels/v1/textClassification`: by a tuned classifier, whose labels the option `classifiers` tells.
 *
 * @throws Refusal
 */
export async function answerTunedClassification(exchange: Exchange): Promise<Answer> {
  const { fields, uri } = readRequest(exchange)
  const labels = exchange.state.options.yandexgpt.classifiers[uri.served]
  if (uri.scheme !== 'cls' || labels === undefined) throw unknownModel(uri)
  const text = readName(fields['text'], 'text')
  return encodePredictions(exchange, text, labels, [], { modelVersion: '', counted: [text] })
}

function readRequest(exchange: Exchange): { readonly fields: Fields; readonly uri: ModelUri } {
  const caller = authorise(exchange)
  checkRate(exchange, 'classification')
  const fields = readFields(exchange.json, 'body')
  return { fields, uri: readModelUri(readString(fields['modelUri'], 'modelUri'), caller) }
}

function readLabels(value: unknown): string[] {
  const labels = readList(value, 'labels').map((label, index) => readName(label, `labels[${index}]`))
  if (labels.length === 0) throw refuse(400, 'labels must not be empty')
  if (labels.length > mostLabels) throw refuse(400, `labels must be no more than ${mostLabels}, got ${labels.length}`)
  if (new Set(labels).size < labels.length) throw refuse(400, 'labels must be unique')
  return labels
}

function readSamples(value: unknown, labels: readonly string[]): Sample[] {
  return readList(value, 'samples').map((item, index) => {
    const where = `samples[${index}]`
    const sample = readFields(item, where)
    const label = readName(sample['label'], `${where}.label`)
    if (!labels.includes(label)) throw refuse(400, `${where}.label is not one of the labels`)
    return { text: readName(sample['text'], `${where}.text`), label }
  })
}

async function encodePredictions(
  exchange: Exchange,
  text: string,
  labels: readonly string[],
  samples: readonly Sample[],
  { modelVersion, counted }: { readonly modelVersion: string; readonly counted: readonly string[] },
): Promise<Answer> {
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  const weights = labels.map((label) => {
    const near = [label, ...samples.filter((sample) => sample.label === label).map((sample) => sample.text)]
    return Math.exp(sharpness * Math.max(chance, ...near.map((words) => compare(text, words))))
  })
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const body = {
    predictions: labels.map((label, index) => ({ label, confidence: (weights[index] ?? 0) / total })),
    modelVersion: exchange.answeringModel ?? modelVersion,
    inputTokens: String(counted.reduce((sum, part) => sum + countTokens(part), 0)),
  }
  return { status: 200, contentType: 'application/json', body: JSON.stringify(body) }
}

/** The cosine of two texts. */
function compare(first: string, second: string): number {
  const [left, right] = [normalise(embedText(first, 512)), normalise(embedText(second, 512))]
  return left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0)
}

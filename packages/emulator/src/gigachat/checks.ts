import type { Answer } from '../answer.ts'
import { blockedPhrase } from '../answers/compose-answer.ts'
import { splitSentences } from '../answers/split-sentences.ts'
import { isObject, type Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { hashText } from '../random.ts'
import { countTokens } from '../tokens.ts'
import { admit, checkModel, requireCorporate } from './admit.ts'
import { jsonAnswer } from './json-answer.ts'
import { refuseParams, refuseSchema } from './refusals.ts'

const fewestWords = 20

/** Words by which a sentence gives a machine away, to the emulator. */
const machineWords = /искусственн|языков(?:ая|ой) модел|нейросет|важно отметить|таким образом|в заключение|является/iu

/**
 * `POST /ai/check`: who wrote a text, a person or a machine. Russian of at least twenty words; for businesses that pay
 * as they go. The verdict is made of telling words, and stable.
 *
 * @throws Refusal with 400, 403, 404 or 422
 */
export async function answerAiCheck(exchange: Exchange): Promise<Answer> {
  const release = admit(exchange)
  try {
    requireCorporate(exchange)
    const { json } = exchange
    if (!isObject(json) || typeof json['model'] !== 'string') throw refuseSchema('model is not a string')
    const { model, input } = json
    if (typeof input !== 'string') throw refuseSchema('input is not a string')
    checkModel(exchange, model, 'aicheck')
    const words = input.match(/\p{L}+/gu) ?? []
    if (words.length < fewestWords) throw refuseParams(`input must have at least ${fewestWords} words`)
    await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
    return jsonAnswer(judge(input, model))
  } finally {
    release()
  }
}

/** Intervals are of letters, and given by the model that detects. */
function judge(text: string, model: string): object {
  const intervals: [number, number][] = []
  const sentences = splitSentences(text)
  let from = 0
  for (const sentence of sentences) {
    from = text.indexOf(sentence, from)
    if (machineWords.test(sentence) || hashText(sentence) % 4 === 0) {
      intervals.push([from, from + sentence.length])
    }
    from += sentence.length
  }
  const category = intervals.length === 0 ? 'human' : intervals.length === sentences.length ? 'ai' : 'mixed'
  return {
    category,
    characters: [...text].length,
    tokens: countTokens(text),
    ai_intervals: model === 'GigaCheckDetection' ? intervals : [],
  }
}

/**
 * `POST /filter/check`: whether the content filter would refuse a conversation. The shape is that of the Java SDK; the
 * filter refuses what the chat refuses.
 *
 * @throws Refusal with 400 or 404
 */
export async function answerFilterCheck(exchange: Exchange): Promise<Answer> {
  const release = admit(exchange)
  try {
    const { json } = exchange
    if (!isObject(json) || typeof json['model'] !== 'string') throw refuseSchema('model is not a string')
    const { model, messages, settings } = json
    if (settings !== undefined && !isObject(settings)) throw refuseSchema('settings is not an object')
    if (!Array.isArray(messages) || messages.length === 0) throw refuseSchema('messages is not a list')
    const texts = messages.map((message: unknown) => {
      if (!isObject(message) || typeof message['content'] !== 'string') throw refuseSchema('a message has no content')
      return message['content']
    })
    checkModel(exchange, model, 'filter')
    await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
    const isProfane = texts.some((text) => text.toLowerCase().includes(blockedPhrase))
    const tokens = texts.reduce((sum, text) => sum + countTokens(text), 0)
    return jsonAnswer({ is_profane: isProfane, usage: { filter_tokens: tokens } })
  } finally {
    release()
  }
}

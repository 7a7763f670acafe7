import { checkFeatures } from '@shlyuz/core'
import type { Loss, ModelRef, Operation, TextCall, TextResult, TextSettings } from '@shlyuz/core'
import { checkMedia, completeChat, settingsWithout } from '@shlyuz/openai-compatible'
import { createYandexgptError } from './create-yandexgpt-error.ts'
import { formatModelUri } from './parse-yandexgpt-model.ts'
import { findYandexgptModel } from './yandexgpt-models.ts'
import { createAnswerDialect, createOpenAiHeaders, isYandexModel } from './yandexgpt-openai-request.ts'
import { yandexgptOpenAi } from './yandexgpt-openai-surface.ts'
import type { YandexgptOptions } from './yandexgpt-options.ts'
import { readFolder, type YandexgptCallSettings } from './yandexgpt-request.ts'

/**
 * `POST /v1/chat/completions` of the endpoint `openai`. It may be repeated: nothing changes on the service but the
 * bill.
 * Source: documentation, "OpenAI compatibility"; what comes back differs by the maker of the model.
 * @throws ConfigurationError without a folder
 */
export function* converseOpenAi(
  call: TextCall,
  model: ModelRef,
  settings: YandexgptCallSettings,
): Operation<TextResult> {
  const folder = yield* readFolder(model, settings)
  const options = call.options as YandexgptOptions
  return yield* completeChat(call, {
    endpoint: 'openai',
    model: formatModelUri(model, folder),
    headers: createOpenAiHeaders(settings, folder, options),
    extraBody: {
      ...options.extraBody,
      ...(options.jsonObject && { response_format: { type: 'json_object' } }),
    },
    dialect: {
      ...createAnswerDialect(model),
      // Refused or ignored by the service; models of other makers send the usage without being asked.
      includeUsage: false,
      strictOutput: false,
      emptyContent: 'absent',
      toolCallIds: isYandexModel(model) ? 'function-name' : 'own',
      withoutSettings: omittedSettings(model),
    },
    createError: createYandexgptError,
  })
}

/** Not sent: what the reference marks as not supported, and what the model has no use for. */
function omittedSettings(model: ModelRef): readonly (keyof TextSettings)[] {
  return isYandexModel(model) ? ['seed', 'reasoningEffort'] : ['seed', ...settingsWithout(cardOf(model))]
}

/** What the OpenAI-compatible API cannot keep of a call to a model for conversations. */
export function checkOpenAi(call: TextCall, model: ModelRef): readonly Loss[] {
  return [
    ...checkFeatures(yandexgptOpenAi, call, cardOf(model)),
    ...checkMedia(call, yandexgptOpenAi),
    ...checkReasoning(call, model),
    ...checkJson(call),
  ]
}

/** The card, with the abilities that the model has over this API. Hidden reasoning is one of the native API alone. */
function cardOf(model: ModelRef): ReturnType<typeof findYandexgptModel> {
  const card = findYandexgptModel(model.catalogueId)
  if (!card?.abilities || !isYandexModel(model)) return card
  return { ...card, abilities: card.abilities.filter((ability) => ability !== 'reasoning') }
}

function checkReasoning({ options }: TextCall, { catalogueId }: ModelRef): readonly Loss[] {
  if ((options as YandexgptOptions).reasoningMode !== 'enabled-hidden') return []
  return [
    {
      effect: 'refuse',
      code: 'reasoning-unsupported',
      setting: 'providerOptions.yandexgpt.reasoningMode',
      message: `${catalogueId} has no hidden reasoning over the OpenAI-compatible API`,
      hint: "reasoningMode есть только в родном API: уберите api: 'openai' или задайте reasoningEffort.",
    },
  ]
}

/** Source: documentation, "Structured output": ask for JSON in the prompt too. */
function checkJson({ messages, options, output }: TextCall): readonly Loss[] {
  const { jsonObject } = options as YandexgptOptions
  const asks = messages.some(({ content }) => content.some((part) => part.type === 'text' && /json/i.test(part.text)))
  if (!jsonObject || output || asks) return []
  return [
    {
      effect: 'warn',
      code: 'json-not-mentioned',
      setting: 'providerOptions.yandexgpt.jsonObject',
      message: 'no message asks for JSON: without that word the model may write on up to the token limit',
    },
  ]
}

import { checkFeatures } from '@shlyuz/core'
import type { Loss, ModelRef, Surface, TextCall } from '@shlyuz/core'
import { checkYandexgptSchemas } from './convert-to-yandexgpt-tools.ts'
import { canReason, findYandexgptModel, isServedNatively, nativeModelNames } from './yandexgpt-models.ts'
import { checkOpenAi } from './yandexgpt-openai-chat.ts'
import type { YandexgptOptions } from './yandexgpt-options.ts'
import { yandexgptNative } from './yandexgpt-surfaces.ts'

/** What a surface cannot keep of a call to a model: its column of the loss table, and what depends on values. */
export function checkYandexgptCall(call: TextCall, model: ModelRef, surface: Surface): readonly Loss[] {
  const { imageWeights } = call.options as YandexgptOptions
  return [
    ...checkModelKind(model),
    ...(surface === yandexgptNative ? checkNatively(call, model) : checkOpenAi(call, model)),
    ...(imageWeights ? [weightsOfImages] : []),
  ]
}

const weightsOfImages: Loss = {
  effect: 'warn',
  code: 'setting-ignored',
  setting: 'providerOptions.yandexgpt.imageWeights',
  message: 'imageWeights were not sent: they are for generateImage',
}

function checkModelKind({ catalogueId, wire }: ModelRef): readonly Loss[] {
  const kind = kindOfScheme(wire?.['scheme']) ?? findYandexgptModel(catalogueId)?.kind ?? 'chat'
  if (kind === 'chat') return []
  return [
    {
      effect: 'refuse',
      code: 'model-not-for-chat',
      setting: 'model',
      message: `${catalogueId} is a model of kind ${kind}; it does not converse`,
      hint: `Возьмите модель для диалога: ${nativeModelNames}.`,
    },
  ]
}

function kindOfScheme(scheme: string | undefined): string | undefined {
  const kinds: Readonly<Record<string, string>> = { emb: 'embedding', cls: 'classifier', art: 'image' }
  return scheme === undefined ? undefined : kinds[scheme]
}

function checkNatively(call: TextCall, model: ModelRef): readonly Loss[] {
  const losses: Loss[] = [
    ...checkFeatures(yandexgptNative, call, findYandexgptModel(model.catalogueId)),
    ...checkYandexgptSchemas(call),
  ]
  const { reasoningMode, jsonObject } = call.options as YandexgptOptions
  if (!isServedNatively(model.catalogueId) && (findYandexgptModel(model.catalogueId)?.kind ?? 'chat') === 'chat') {
    losses.push({
      effect: 'refuse',
      code: 'model-not-native',
      setting: 'model',
      message: `${model.catalogueId} is served by the OpenAI-compatible API alone, and api: 'native' was asked for`,
      hint: `Уберите api: 'native' или возьмите модель родного API: ${nativeModelNames}.`,
    })
  }
  if (reasoningMode === 'enabled-hidden' && !canReason(model.catalogueId)) {
    losses.push({
      effect: 'refuse',
      code: 'reasoning-unsupported',
      setting: 'providerOptions.yandexgpt.reasoningMode',
      message: `${model.catalogueId} has no hidden reasoning`,
      hint: 'Скрытое рассуждение есть только у yandexgpt-5-pro: возьмите её или уберите reasoningMode.',
    })
  }
  if (jsonObject && !call.output && !mentionsJson(call)) {
    losses.push({
      effect: 'warn',
      code: 'json-not-mentioned',
      setting: 'providerOptions.yandexgpt.jsonObject',
      message: 'no message asks for JSON: without that word the model may write on up to the token limit',
    })
  }
  return losses
}

/** Source: documentation, "Structured output": ask for JSON in the prompt too. */
function mentionsJson({ messages }: TextCall): boolean {
  return messages.some(({ content }) => content.some((part) => part.type === 'text' && /json/i.test(part.text)))
}

import type { ModelRef, Surface } from '@shlyuz/core'
import { findYandexgptModel, isServedNatively } from './yandexgpt-models.ts'
import type { YandexgptOptions } from './yandexgpt-options.ts'
import type { YandexgptApi } from './yandexgpt-settings.ts'
import { yandexgptNative, yandexgptOpenAi } from './yandexgpt-surfaces.ts'

/**
 * The surface that serves a model. What embeds or makes images has one, whatever `api` says: the image model of Alice
 * the OpenAI-compatible one, all else the native one. A conversation goes where `api` says; `auto` is the native
 * surface for the models it serves and for names we do not know, and the OpenAI-compatible one for the rest.
 */
export function surfaceOfYandexgptModel({ catalogueId }: ModelRef, options: unknown, setting: YandexgptApi): Surface {
  const kind = findYandexgptModel(catalogueId)?.kind ?? 'chat'
  if (kind === 'image') return catalogueId.startsWith('aliceai-') ? yandexgptOpenAi : yandexgptNative
  if (kind !== 'chat') return yandexgptNative
  const { api = setting } = (options ?? {}) as YandexgptOptions
  if (api === 'auto') return isServedNatively(catalogueId) ? yandexgptNative : yandexgptOpenAi
  return api === 'native' ? yandexgptNative : yandexgptOpenAi
}

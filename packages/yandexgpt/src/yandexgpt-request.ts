import { ConfigurationError } from '@shlyuz/core'
import type { ModelRef, Operation } from '@shlyuz/core'
import type { YandexgptOptions } from './yandexgpt-options.ts'
import { checkFolder } from './yandexgpt-settings.ts'

/** What the operations need of the settings: nothing secret. */
export interface YandexgptCallSettings {
  readonly folderId?: string
  readonly dataLogging: boolean
  /** `'if-oauth'`: when the credential is the OAuth token of the environment. */
  readonly sendFolderId: boolean | 'if-oauth'
}

/**
 * The folder of a request: that of the model, of the settings, of the environment, in this order.
 * @throws ConfigurationError when none is named, or `YC_FOLDER_ID` holds no folder id
 */
export function* readFolder(model: ModelRef | undefined, settings: YandexgptCallSettings): Operation<string> {
  const stated = model?.wire?.['folder'] ?? settings.folderId
  if (stated !== undefined) return stated
  const folder = (yield { do: 'read', source: { env: 'YC_FOLDER_ID' } }) as string | undefined
  if (folder === undefined) {
    throw new ConfigurationError('YandexGPT needs a folder: none in the model, the settings or YC_FOLDER_ID', {
      code: 'config.folder_missing',
      hint: "Задайте переменную YC_FOLDER_ID или yandexgpt({ folderId: 'b1g…' }).",
    })
  }
  checkFolder('YC_FOLDER_ID', folder)
  return folder
}

/**
 * Headers of the native API. `folder` goes along only for a person's credential: from service accounts the service
 * does not want it. Source: documentation, "Authentication in the API" and "Disabling request logging".
 */
export function* createYandexgptHeaders(
  settings: YandexgptCallSettings,
  folder: string | undefined,
  options: YandexgptOptions = {},
): Operation<Readonly<Record<string, string>>> {
  const isFolderSent = folder !== undefined && (yield* readSendFolderId(settings))
  return {
    ...options.extraHeaders,
    // The service stores prompts unless told not to.
    ...(!settings.dataLogging && { 'x-data-logging-enabled': 'false' }),
    ...(isFolderSent && { 'x-folder-id': folder }),
    ...(options.clientRequestId !== undefined && { 'x-client-request-id': options.clientRequestId }),
  }
}

/** Only the presence of the token is looked at: without settings it can be no other credential then. */
function* readSendFolderId({ sendFolderId }: YandexgptCallSettings): Operation<boolean> {
  if (sendFolderId !== 'if-oauth') return sendFolderId
  return (yield { do: 'read', source: { env: 'YC_OAUTH_TOKEN' } }) !== undefined
}

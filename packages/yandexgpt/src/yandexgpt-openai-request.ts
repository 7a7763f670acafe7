import type { ModelRef, ProviderFailure } from '@shlyuz/core'
import type { AnswerDialect } from '@shlyuz/openai-compatible'
import { parseYandexgptModel } from './parse-yandexgpt-model.ts'
import { readYandexgptFailure } from './yandexgpt-errors.ts'
import { convertAnsweredModel, findYandexgptModel } from './yandexgpt-models.ts'
import type { YandexgptOptions } from './yandexgpt-options.ts'
import type { YandexgptCallSettings } from './yandexgpt-request.ts'

/**
 * Headers of the OpenAI-compatible API; the folder goes along always, because the list of models needs it.
 * Source: documentation, "OpenAI compatibility" and "Disabling request logging".
 */
export function createOpenAiHeaders(
  { dataLogging }: YandexgptCallSettings,
  folder: string,
  options: YandexgptOptions = {},
): Readonly<Record<string, string>> {
  return {
    ...options.extraHeaders,
    'openai-project': folder,
    // The service stores prompts unless told not to.
    ...(!dataLogging && { 'x-data-logging-enabled': 'false' }),
    ...(options.clientRequestId !== undefined && { 'x-client-request-id': options.clientRequestId }),
  }
}

/** How the answers of this API are read. */
export function createAnswerDialect(asked: ModelRef): AnswerDialect {
  return {
    service: 'YandexGPT',
    convertModel: (answered) => convertAnsweredUri(answered, asked),
    filteredTextReplaces: isYandexModel(asked),
    readFailure: readReported,
  }
}

/**
 * Models of Yandex itself answer in a dialect of their own: ids of calls that are names, no usage in streams, whole
 * texts in place of filtered ones. Source: recordings and a comment of the service's own client.
 */
export function isYandexModel({ catalogueId }: ModelRef): boolean {
  return /^(?:yandexgpt|aliceai)\b/.test(catalogueId)
}

/** An error of any form, in the words of the native API where it has them. */
function readReported(document: Readonly<Record<string, unknown>>): ProviderFailure {
  return (
    readYandexgptFailure(document) ?? {
      kind: 'server',
      message: 'YandexGPT reported in its answer: an error',
      status: 500,
    }
  )
}

const branchNames = ['latest', 'rc', 'deprecated']

/**
 * The catalogue id of the model that answered. Yandex's models repeat the URI that was asked for; those of other
 * makers come without the folder (`gpt://name/branch`), or as a mere `latest`, which names no model.
 * Source: recordings of the service's own client; the last from a third party.
 */
export function convertAnsweredUri(answered: string, asked: ModelRef): string | undefined {
  const [, path] = /^(?:gpt|emb|cls|art):\/\/(.+)$/.exec(answered) ?? []
  if (path === undefined) return branchNames.includes(answered) ? undefined : convertAnsweredModel(answered, asked)
  const [spelled = '', suffix] = path.split('@')
  const parts = spelled.split('/')
  const hasFolder = parts.length > 2 || !branchNames.includes(parts[1] ?? 'latest')
  const [name = '', branch] = hasFolder ? parts.slice(1) : parts
  const { catalogueId, tuned } = parseAnswered(name, branch, suffix)
  const isSame = catalogueId === asked.catalogueId || isTwin(catalogueId, asked)
  // A tuned model whose suffix the answer leaves out is not named by it.
  if (isSame && tuned === undefined && asked.tuned !== undefined) return undefined
  const id = isSame ? asked.catalogueId : catalogueId
  return tuned === undefined ? id : `${id}@${tuned}`
}

function parseAnswered(
  name: string,
  branch: string | undefined,
  suffix: string | undefined,
): Pick<ModelRef, 'catalogueId' | 'tuned'> {
  const id = [name, branch].filter(Boolean).join('/') + (suffix === undefined ? '' : `@${suffix}`)
  try {
    return parseYandexgptModel(id)
  } catch {
    // A name of a form we do not know is another model than any that was asked for.
    return { catalogueId: id.toLowerCase() }
  }
}

/** Moving and fixed names of one model, as {@link convertAnsweredModel} knows them. */
function isTwin(catalogueId: string, asked: ModelRef): boolean {
  if (findYandexgptModel(catalogueId) === undefined) return false
  const { tuned: _tuned, ...base } = asked
  return convertAnsweredModel(catalogueId, base) === asked.catalogueId
}

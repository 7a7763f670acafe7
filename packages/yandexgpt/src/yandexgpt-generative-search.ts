import { ProtocolError } from '@shlyuz/core'
import type { ExtraOperation, Operation, Reply, WireRequest } from '@shlyuz/core'
import { InputReader } from './input-reader.ts'
import { createYandexgptError } from './create-yandexgpt-error.ts'
import { readYandexgptFailure } from './yandexgpt-errors.ts'
import { readFolder, type YandexgptCallSettings } from './yandexgpt-request.ts'
import { checkKeys, isObject } from './yandexgpt-settings.ts'

const searchTypes = [
  'SEARCH_TYPE_RU',
  'SEARCH_TYPE_TR',
  'SEARCH_TYPE_COM',
  'SEARCH_TYPE_KK',
  'SEARCH_TYPE_BE',
  'SEARCH_TYPE_UZ',
] as const

/** What to search for, and where. At most one of `sites`, `hosts` and `urls`, each up to 100. */
export interface YandexgptGenerativeSearchInput {
  /** 1 to 100, each up to 16,384 characters. */
  readonly messages: readonly { readonly role: 'user' | 'assistant'; readonly content: string }[]
  /** Search within these sites with all their subdomains, hosts, or pages alone. Nothing is fetched: an index is asked. */
  readonly sites?: readonly string[]
  readonly hosts?: readonly string[]
  readonly urls?: readonly string[]
  readonly fixMisspell?: boolean
  /** Also documents that are not on the first page of results. */
  readonly enableNrfmDocs?: boolean
  /** Up to 10: each says one of a date, a language or a format. */
  readonly searchFilters?: readonly {
    readonly date?: string
    readonly lang?: string
    readonly format?: string
  }[]
  /** @default 'SEARCH_TYPE_RU' */
  readonly searchType?: (typeof searchTypes)[number]
  readonly enableRichStructuredAnswer?: boolean
}

/** An answer with its sources. Lists are empty where the service says nothing. */
export interface YandexgptGenerativeSearchAnswer {
  readonly text: string
  readonly sources: readonly { readonly url: string; readonly title?: string; readonly used: boolean }[]
  /** What was asked of the search. */
  readonly searchQueries: readonly string[]
  readonly fixedMisspellQuery?: string
  /** The service refused to answer; `text` says so. */
  readonly isAnswerRejected: boolean
  readonly isBulletAnswer: boolean
  readonly hints: readonly string[]
  /** The service doubts its answer. */
  readonly problematicAnswer: boolean
}

const inputNames = [
  'messages',
  'sites',
  'hosts',
  'urls',
  'fixMisspell',
  'enableNrfmDocs',
  'searchFilters',
  'searchType',
  'enableRichStructuredAnswer',
] as const

/**
 * An answer by Yandex Search with sources: `POST /v2/gen/search`. Billed by request, at the prices of the Search API;
 * the key needs the scope `yc.search-api.execute`. The question leaves for Yandex Search: a policy judges its address
 * as any other.
 * Source: yandex/cloud/searchapi/v2/gen_search_service.proto.
 */
export function createGenerativeSearch(
  settings: YandexgptCallSettings,
): ExtraOperation<YandexgptGenerativeSearchInput, YandexgptGenerativeSearchAnswer> {
  return {
    operation: 'other',
    // Words of the caller's go into a search of the web: the policy decides on that, as on the tool of this name.
    run: (input) => ({ remoteTools: ['web_search'], steps: search(readInput(input), settings) }),
  }
}

function readInput(input: YandexgptGenerativeSearchInput): object {
  const read = new InputReader('generativeSearch', input, [...inputNames])
  const messages = read.rows('messages', ['role', 'content'], 1, 100)
  for (const { role, content } of messages) {
    if (role !== 'user' && role !== 'assistant') {
      read.refuse('messages', "must have the role 'user' or 'assistant'", "роль каждого — 'user' или 'assistant'")
    }
    if (content.length > 16_384) {
      read.refuse('messages', 'must have up to 16384 characters each', 'каждое до 16384 знаков')
    }
  }
  const places = (['sites', 'hosts', 'urls'] as const).filter((name) => read.has(name))
  const [place, another] = places
  if (place !== undefined && another !== undefined) {
    read.refuse(another, `cannot stand beside ${place}`, `нельзя вместе с ${place}: оставьте что-то одно`)
  }
  const wireName = place?.slice(0, -1)
  const flags = (['fixMisspell', 'enableNrfmDocs', 'enableRichStructuredAnswer'] as const).flatMap((name) => {
    const flag = read.flag(name)
    return flag === undefined ? [] : [[name, flag] as const]
  })
  const searchType = read.oneOf('searchType', searchTypes)
  return {
    messages: messages.map(({ role, content }) => ({
      content,
      role: role === 'user' ? 'ROLE_USER' : 'ROLE_ASSISTANT',
    })),
    ...(place !== undefined && wireName !== undefined && { [wireName]: { [wireName]: read.texts(place, 1, 100) } }),
    ...Object.fromEntries(flags),
    ...(read.has('searchFilters') && { searchFilters: readFilters(read, input.searchFilters) }),
    ...(searchType !== undefined && { searchType }),
    // The last of several would be the whole one anyway.
    getPartialResults: false,
  }
}

function readFilters(read: InputReader<YandexgptGenerativeSearchInput>, filters: unknown): readonly object[] {
  const names = ['date', 'lang', 'format']
  const isList = Array.isArray(filters) && filters.length >= 1 && filters.length <= 10
  const known = isList ? (filters as unknown[]) : []
  for (const filter of known) {
    if (isObject(filter)) checkKeys('generativeSearch(): searchFilters', filter, names)
    const values = isObject(filter) ? Object.values(filter) : []
    if (values.length === 1 && typeof values[0] === 'string' && values[0] !== '') continue
    return refuseFilters(read)
  }
  return isList ? known.map((filter) => ({ ...(filter as object) })) : refuseFilters(read)
}

function refuseFilters(read: InputReader<YandexgptGenerativeSearchInput>): never {
  return read.refuse(
    'searchFilters',
    'must be a list of 1 to 10 objects with one of date, lang and format',
    'список из 1–10 объектов, в каждом одно из date, lang, format',
  )
}

function* search(fields: object, settings: YandexgptCallSettings): Operation<YandexgptGenerativeSearchAnswer> {
  const folderId = yield* readFolder(undefined, settings)
  const request: WireRequest = {
    endpoint: 'search',
    operation: 'other',
    method: 'POST',
    path: '/v2/gen/search',
    body: JSON.stringify({ ...fields, folderId }),
    repeat: 'safe',
    // The method streams over gRPC; how its JSON is framed is nowhere said.
    accept: ['application/json', 'application/x-ndjson', 'application/stream+json'],
  }
  const { body } = (yield { do: 'exchange', request, read: 'text' }) as Reply
  return convertAnswer(readLastMessage(body as string))
}

/** One document, a list of them, or one a line; each bare or under `result`. The last one is the whole answer. */
function readLastMessage(text: string): Readonly<Record<string, unknown>> {
  const whole = parse(text)
  const documents =
    whole === undefined
      ? text
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map(parse)
      : [whole]
  const last: unknown = documents.flat().at(-1)
  if (isObject(last)) {
    const failure = readYandexgptFailure(last)
    if (failure) throw createYandexgptError(failure)
    const message = isObject(last['result']) ? last['result'] : last
    if (isObject(message['message'])) return message
  }
  throw new ProtocolError("YandexGPT's answer cannot be read: it holds no message of the generative search", {
    hint: 'Ответ не похож на генеративный поиск: проверьте searchUrl и прокси между вами и сервисом.',
  })
}

function convertAnswer(answer: Readonly<Record<string, unknown>>): YandexgptGenerativeSearchAnswer {
  const { message, fixedMisspellQuery } = answer
  const content = isObject(message) ? message['content'] : undefined
  return {
    text: typeof content === 'string' ? content : '',
    sources: listOf(answer['sources'])
      .filter(isObject)
      .map(({ url, title, used }) => ({
        url: typeof url === 'string' ? url : '',
        ...(typeof title === 'string' && { title }),
        used: used === true,
      })),
    searchQueries: listOf(answer['searchQueries'])
      .map((query) => (isObject(query) ? query['text'] : query))
      .filter((query) => typeof query === 'string'),
    ...(typeof fixedMisspellQuery === 'string' && fixedMisspellQuery !== '' && { fixedMisspellQuery }),
    isAnswerRejected: answer['isAnswerRejected'] === true,
    isBulletAnswer: answer['isBulletAnswer'] === true,
    hints: listOf(answer['hints']).filter((hint) => typeof hint === 'string'),
    problematicAnswer: answer['problematicAnswer'] === true,
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

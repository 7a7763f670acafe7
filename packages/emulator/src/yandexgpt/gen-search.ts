import { randomUUID } from 'node:crypto'
import type { Answer } from '../answer.ts'
import { blockedPhrase, composeAnswer } from '../answers/compose-answer.ts'
import type { BodyStep } from '../body.ts'
import type { Exchange } from '../exchange.ts'
import { authorise, checkFolder } from './authorise.ts'
import { isAbsent, readBoolean, readEnum, readFields, readList, readName, readOneOf, type Fields } from './fields.ts'
import { refuse } from './refusals.ts'

/** Documented limits: messages, characters of one, places to search, filters. */
const limits = { messages: 100, characters: 16_384, places: 100, filters: 10 } as const

const roles = ['ROLE_UNSPECIFIED', 'ROLE_USER', 'ROLE_ASSISTANT'] as const
const searchTypes = [
  'SEARCH_TYPE_UNSPECIFIED',
  'SEARCH_TYPE_RU',
  'SEARCH_TYPE_TR',
  'SEARCH_TYPE_COM',
  'SEARCH_TYPE_KK',
  'SEARCH_TYPE_BE',
  'SEARCH_TYPE_UZ',
] as const
const places = ['site', 'host', 'url'] as const

interface SearchRequest {
  readonly messages: readonly { readonly role: string; readonly text: string }[]
  /** Where it may search. */
  readonly places: readonly string[]
  readonly isPartial: boolean
}

/**
 * `POST /v2/gen/search`: an answer with its sources. The method streams; that its lines are JSON with `result`, as
 * those of the completion, is unconfirmed. With `getPartialResults` the answer grows from line to line. The sources
 * are made up. Texts of the refusals are ours.
 *
 * @throws Refusal
 */
export function answerGenSearch(exchange: Exchange): Answer {
  const caller = authorise(exchange)
  const fields = readFields(exchange.json, 'body')
  checkFolder(readName(fields['folderId'], 'folderId'), caller.folderId)
  const request = readSearchRequest(fields)
  const { firstPieceMs, pieceMs } = exchange.state.options.pace
  const lines = writeLines(request)
  const steps = lines.flatMap((line, index): BodyStep[] => [
    { do: 'wait', ms: exchange.draw(index === 0 ? firstPieceMs : pieceMs) },
    { do: 'write', data: `${JSON.stringify({ result: line })}\n`, content: true },
  ])
  return { status: 200, contentType: 'application/json', body: steps }
}

function readSearchRequest(fields: Fields): SearchRequest {
  readEnum(fields['searchType'], 'searchType', searchTypes)
  for (const name of ['fixMisspell', 'enableNrfmDocs', 'enableRichStructuredAnswer']) readBoolean(fields[name], name)
  for (const [index, filter] of readAtMost(fields['searchFilters'], 'searchFilters', limits.filters).entries()) {
    readOneOf(readFields(filter, `searchFilters[${index}]`), ['date', 'lang', 'format'], `searchFilters[${index}]`)
  }
  return {
    messages: readMessages(fields['messages']),
    places: readPlaces(fields),
    isPartial: readBoolean(fields['getPartialResults'], 'getPartialResults') ?? false,
  }
}

function readMessages(value: unknown): SearchRequest['messages'] {
  const messages = readAtMost(value, 'messages', limits.messages)
  if (messages.length === 0) throw refuse(400, 'messages must not be empty')
  return messages.map((message, index) => {
    const where = `messages[${index}]`
    const fields = readFields(message, where)
    const text = readName(fields['content'], `${where}.content`)
    if ([...text].length > limits.characters) {
      throw refuse(400, `${where}.content must be no longer than ${limits.characters} characters`)
    }
    const role = readEnum(fields['role'], `${where}.role`, roles)
    return { role: role === 'ROLE_ASSISTANT' ? 'assistant' : 'user', text }
  })
}

function readPlaces(fields: Fields): string[] {
  const kind = readOneOf(fields, places, 'body')
  if (kind === undefined) return []
  const list = readFields(fields[kind], kind)[kind]
  if (isAbsent(list)) throw refuse(400, `${kind}.${kind} must not be empty`)
  return readAtMost(list, `${kind}.${kind}`, limits.places).map((place, index) =>
    readName(place, `${kind}.${kind}[${index}]`),
  )
}

function readAtMost(value: unknown, where: string, most: number): readonly unknown[] {
  const list = readList(value, where)
  if (list.length > most) throw refuse(400, `${where} must have no more than ${most} items, got ${list.length}`)
  return list
}

function writeLines({ messages, places: allowed, isPartial }: SearchRequest): object[] {
  const asked = messages.findLast(({ role }) => role === 'user')?.text ?? ''
  const isRejected = asked.toLowerCase().includes(blockedPhrase)
  const pieces = isRejected
    ? ['Не могу ответить на этот вопрос.']
    : composeAnswer({ flavour: 'yandexgpt', messages }).pieces
  const whole = `${pieces.join('')}${isRejected ? '' : ' [1]'}`
  let soFar = ''
  const contents = isPartial ? [...pieces.slice(0, -1).map((piece) => (soFar += piece)), whole] : [whole]
  const sources = isRejected ? [] : listSources(allowed)
  const searchQueries = [{ text: asked.slice(0, 400), reqId: `${Date.now()}000-${randomUUID()}` }]
  return contents.map((content) => ({
    message: { content, role: 'ROLE_ASSISTANT' },
    sources,
    searchQueries,
    fixedMisspellQuery: '',
    isAnswerRejected: isRejected,
    isBulletAnswer: false,
    hints: [],
    problematicAnswer: false,
  }))
}

/** Names that the standards keep for examples, unless the request names places of its own. */
function listSources(allowed: readonly string[]): object[] {
  const found = allowed.length > 0 ? allowed.slice(0, 2) : ['example.com', 'example.org']
  return found.map((place, index) => ({
    url: /^https?:\/\//.test(place) ? place : `https://${place}/`,
    title: `Источник ${index + 1}: ${place.replace(/^https?:\/\//, '')}`,
    used: index === 0,
  }))
}

import type {
  ContentPart,
  ImagePart,
  Message,
  TextPart,
  ToolApprovalPart,
  ToolResultPart,
  UserPart,
} from '../vocabulary/messages.ts'
import { findUnsafeJson, tooDeep } from '../tools/find-unsafe-json.ts'
import { checkKeys, isObject, refuse } from './checks.ts'
import { isFileSource } from './load-files.ts'

type Role = Message['role']

/** A part of the caller's, checked. */
export type DraftPart = ContentPart | ImagePart | ToolResultPart | ToolApprovalPart

/** A message of the caller's, checked, its content always a list; files are not read yet. */
export interface DraftMessage {
  readonly role: Role
  readonly content: readonly DraftPart[]
}

/** @throws ConfigurationError */
export function checkConversation(options: Record<string, unknown>): readonly DraftMessage[] {
  const { instructions, prompt, messages } = options
  if ((prompt === undefined) === (messages === undefined)) {
    refuse(
      prompt === undefined ? 'give a prompt or messages' : 'give either prompt or messages, not both',
      'Задайте ровно одно: prompt или messages.',
    )
  }
  if (instructions !== undefined && !isText(instructions)) {
    refuse('instructions must be a non-empty string', 'instructions: непустая строка; не нужны — уберите.')
  }
  if (prompt !== undefined && !isText(prompt)) {
    refuse(
      'prompt must be a non-empty string',
      typeof prompt === 'string'
        ? 'Запрос пуст: передайте текст в prompt.'
        : 'prompt: непустая строка; список сообщений передайте в messages.',
    )
  }
  const leading: readonly DraftMessage[] = isText(instructions) ? [new TextMessage('system', instructions)] : []
  if (isText(prompt)) return Object.freeze([...leading, new TextMessage('user', prompt)])
  if (!Array.isArray(messages) || messages.length === 0) {
    return refuse(
      'messages must be a list with at least one message',
      "messages: список, хотя бы одно сообщение: [{ role: 'user', content: 'текст' }]; один вопрос проще задать в prompt.",
    )
  }
  // No `map`: with it, code compiled for these lists was made anew after some 16,000 calls.
  const converted: DraftMessage[] = []
  for (const [index, message] of messages.entries()) converted.push(convertMessage(message as Message, index))
  checkOrder(converted)
  // A copy: it is as long as it has to be, and none of a literal (see `Leg`).
  return Object.freeze(leading.length === 0 ? converted.slice() : [...leading, ...converted])
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

/** Messages of text alone are classes, and their lists no literals: see `Leg`. They hold the longest strings of a call. */
class TextMessage implements DraftMessage {
  readonly role: Role
  readonly content: readonly TextPart[]

  constructor(role: Role, text: string) {
    this.role = role
    this.content = Object.freeze([Object.freeze(new PlainTextPart(text))].slice())
    Object.freeze(this)
  }
}

class PlainTextPart implements TextPart {
  readonly type = 'text'
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

const partsOf: Record<Role, readonly DraftPart['type'][]> = {
  system: [],
  user: ['text', 'image', 'file'],
  assistant: ['text', 'reasoning', 'tool-call', 'file', 'source'],
  tool: ['tool-result', 'tool-approval'],
}

const contentOf: Record<Role, { readonly english: string; readonly hint: string }> = {
  system: { english: 'a non-empty string', hint: 'непустая строка' },
  user: {
    english: 'a non-empty string or a list of parts',
    hint: "непустая строка или список частей: [{ type: 'text', text: '…' }, …]",
  },
  assistant: {
    english: 'a non-empty string or a list of parts',
    hint: 'непустая строка или список частей; готовые сообщения даёт responseMessages результата',
  },
  tool: {
    english: 'a list of tool results or decisions',
    hint: "список: [{ type: 'tool-result', toolCallId, toolName, output }]",
  },
}

function convertMessage(message: Message, index: number): DraftMessage {
  const where = `messages[${index}]`
  if (!isObject(message)) refuse(`${where} must be an object`, `${where}: нужен объект { role, content }.`)
  checkKeys(where, message, ['role', 'content'])
  const { role, content } = message
  if (!Object.hasOwn(partsOf, role)) {
    refuse(
      `${where}.role must be system, user, assistant or tool`,
      `${where}.role: одно из system (указания), user (человек), assistant (модель), tool (результаты инструментов).`,
    )
  }
  if (typeof content === 'string' && role !== 'tool') {
    if (!isText(content)) refuse(`${where} is empty`, `${where}: пустой текст; уберите сообщение или заполните его.`)
    return new TextMessage(role, content)
  }
  const allowed = partsOf[role]
  if (!Array.isArray(content) || content.length === 0 || allowed.length === 0) {
    return refuse(`${where}.content must be ${contentOf[role].english}`, `${where}.content: ${contentOf[role].hint}.`)
  }
  for (const [at, part] of content.entries()) checkPart(`${where}.content[${at}]`, part as DraftPart, allowed)
  return Object.freeze({
    role,
    content: Object.freeze(content.map((part) => Object.freeze({ ...part }) as DraftPart)),
  })
}

const samples =
  "Текст — { type: 'text', text }, картинка — { type: 'image', image: localFile('путь') }, документ или аудио — { type: 'file', data: localFile('путь') }."

/** Of what a user wrote; parts of answers come back as they were given. */
const keysOf: Record<UserPart['type'], readonly string[]> = {
  text: ['type', 'text'],
  image: ['type', 'image', 'mediaType'],
  file: ['type', 'data', 'mediaType', 'filename'],
}

function checkPart(where: string, part: DraftPart, allowed: readonly string[]): void {
  if (!isObject(part) || !allowed.includes(part.type)) {
    refuse(
      `${where} must be a part of type ${allowed.join(', ')}`,
      `${where}.type: одно из ${allowed.join(', ')}.${allowed.includes('image') ? ` ${samples}` : ''}`,
    )
  }
  if (allowed === partsOf.user) checkKeys(where, part, keysOf[part.type as UserPart['type']])
  switch (part.type) {
    case 'text':
      if (!isText(part.text)) {
        refuse(`${where} is an empty text`, `${where}: пустой текст; уберите часть или заполните её.`)
      }
      return
    case 'image':
      return checkFile(`${where}.image`, part.image, where, part.mediaType)
    case 'file':
      return checkFile(`${where}.data`, part.data, where, part.mediaType)
    case 'tool-call':
      checkTool(where, part)
      return checkJson(`${where}.input`, part.input ?? {})
    case 'tool-result':
      checkTool(where, part)
      return checkJson(`${where}.output`, part.output)
    case 'tool-approval':
      if (!isText(part.toolCallId) || typeof part.approved !== 'boolean') {
        refuse(
          `${where} must be { type: 'tool-approval', toolCallId, approved }`,
          `${where}: нужны toolCallId и approved: true или false.`,
        )
      }
      return
    case 'reasoning':
      if (typeof part.text !== 'string') refuse(`${where}.text must be a string`, `${where}.text: строка.`)
      return
    case 'source':
      return
  }
}

/** A text is no file: it could be a path, an address or Base64, and a path that came as data would read any file. */
function checkFile(place: string, source: unknown, where: string, mediaType: unknown): void {
  if (!isFileSource(source)) {
    refuse(
      `${place} must be bytes (Uint8Array), a Blob, localFile(path), { fileId } or a URL`,
      typeof source === 'string'
        ? `${place}: строка здесь не читается. Путь — localFile('путь'), Base64 — Buffer.from(строка, 'base64'), ссылку скачайте сами и передайте байты.`
        : `${place}: передайте байты (Uint8Array), Blob, localFile('путь') или { fileId }; из ArrayBuffer — new Uint8Array(буфер).`,
    )
  }
  if (mediaType === undefined || (typeof mediaType === 'string' && /^[\w.+-]+\/[\w.+-]+$/.test(mediaType))) return
  refuse(`${where}.mediaType must be like 'image/png'`, `${where}.mediaType: например 'image/png'.`)
}

function checkTool(where: string, part: { readonly toolCallId: unknown; readonly toolName: unknown }): void {
  if (isText(part.toolCallId) && isText(part.toolName)) return
  refuse(
    `${where} must name its toolCallId and its toolName`,
    `${where}: нужны toolCallId и toolName — возьмите часть из responseMessages как есть.`,
  )
}

/** What goes into a request as JSON must be JSON: found here, not when the request is written. */
function checkJson(place: string, value: unknown): void {
  try {
    if (findUnsafeJson(value) !== tooDeep && JSON.stringify(value) !== undefined) return
  } catch {
    // A cycle or a BigInt.
  }
  refuse(
    `${place} must be JSON: no cycle, BigInt or function, and not undefined`,
    `${place}: обычное значение JSON; ничего нет — передайте null.`,
  )
}

/** The order both services keep: system first, then turns that begin and end with the user (or a tool). */
function checkOrder(messages: readonly DraftMessage[]): void {
  const firstTurn = messages.findIndex(({ role }) => role !== 'system')
  const lateSystem = messages.findLastIndex(({ role }) => role === 'system')
  if (firstTurn >= 0 && lateSystem > firstTurn) {
    refuse(
      `messages[${lateSystem}]: a system message must come before the first user message`,
      'Перенесите сообщения system в начало или в instructions.',
    )
  }
  if (firstTurn < 0) refuse('messages hold no user message', 'Добавьте сообщение с role: "user".')
  if (messages[firstTurn]?.role !== 'user') {
    refuse('the conversation must begin with a user message', 'Первым после system должно идти сообщение user.')
  }
  const last = messages.at(-1)?.role
  if (last !== 'user' && last !== 'tool') {
    refuse('the last message must be from the user or a tool', 'Последним должно быть сообщение user или tool.')
  }
  if (messages.some(({ role }) => role === 'assistant' || role === 'tool')) checkToolPairs(messages)
}

/** Every tool result answers a call made before it, and no call is left without a result or a decision. */
function checkToolPairs(messages: readonly DraftMessage[]): void {
  const made = new Set<string>()
  const open = new Set<string>()
  const decided = new Set<string>()
  for (const [index, message] of messages.entries()) {
    const where = `messages[${index}]`
    if ((message.role === 'user' || message.role === 'assistant') && open.size > 0) refuseOpen(where)
    for (const part of message.content) {
      if (part.type === 'tool-call') {
        if (made.has(part.toolCallId)) {
          refuse(`${where}: toolCallId is used twice`, `${where}: у каждого вызова свой toolCallId.`)
        }
        made.add(part.toolCallId)
        open.add(part.toolCallId)
      }
      if (part.type === 'tool-result' && !open.delete(part.toolCallId)) {
        refuse(
          `${where}: a tool result without its call`,
          `${where}: перед результатом нужен tool-call с тем же toolCallId.`,
        )
      }
      if (part.type === 'tool-approval') {
        if (!made.has(part.toolCallId)) {
          refuse(`${where}: a decision without its tool call`, `${where}: tool-approval отвечает на tool-call.`)
        }
        decided.add(part.toolCallId)
      }
    }
  }
  for (const id of open) if (!decided.has(id)) refuseOpen('messages')
}

function refuseOpen(where: string): never {
  return refuse(
    `${where}: a tool call before it has no result`,
    'После tool-call нужен результат (tool-result) или решение (tool-approval) с тем же toolCallId.',
  )
}

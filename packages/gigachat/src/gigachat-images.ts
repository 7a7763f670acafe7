import { ContentFilterError, ProtocolError, ShlyuzError } from '@shlyuz/core'
import type { ImageAnswer, ImageCall, ModelRef, Operation, Reply, TextCall, TextResult, Warning } from '@shlyuz/core'
import { createGigachatBody } from './gigachat-chat.ts'
import { fetchFile, removeFile } from './gigachat-files.ts'
import { requireModelKind } from './gigachat-models.ts'
import { createGigachatHeaders, type GigachatOptions } from './gigachat-options.ts'
import { gigachatAnswerShape, readGigachatAnswer } from './read-gigachat-answer.ts'

/**
 * Draws by `POST /v1/chat/completions` with the built-in function `text2image` forced, downloads the file and deletes
 * it, also when the download fails.
 * @throws UnsupportedFeatureError for a model that does not converse, ContentFilterError when the topic is refused,
 * ProtocolError for an answer without an image
 */
export function* generateImage(call: ImageCall, model: ModelRef, providerName: string): Operation<ImageAnswer> {
  requireModelKind(model, 'chat')
  const options = call.options as GigachatOptions
  const answer = yield* draw(call, model, providerName)
  const ids = answer.content.flatMap((part) => (part.type === 'file' && 'fileId' in part.data ? part.data.fileId : []))
  const [fileId] = ids
  if (fileId === undefined) throw withoutImage(answer)
  let bytes: Uint8Array
  let areRemoved = true
  try {
    bytes = yield* fetchFile(fileId, options)
  } finally {
    for (const id of ids) areRemoved = (yield* tryRemove(id, options)) && areRemoved
  }
  const text = answer.content
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join('')
    .trim()
  return {
    bytes,
    mediaType: readImageType(bytes),
    ...(text !== '' && { text }),
    usage: answer.usage,
    ...(answer.modelId !== undefined && { modelId: answer.modelId }),
    ...(answer.rawModel !== undefined && { rawModel: answer.rawModel }),
    ...(!areRemoved && { warnings: [leftBehind] }),
  }
}

function* draw(call: ImageCall, model: ModelRef, providerName: string): Operation<TextResult> {
  const { builtInFunctions: _none, responseFormat: _text, ...options } = call.options as GigachatOptions
  const { instructions, prompt } = call
  const asked: TextCall = {
    messages: [
      ...(instructions === undefined
        ? []
        : [{ role: 'system', content: [{ type: 'text', text: instructions }] } as const]),
      { role: 'user', content: [{ type: 'text', text: prompt }] },
    ],
    settings: {},
    stream: false,
    tools: [],
    toolChoice: 'auto',
    options,
  }
  const reply = (yield {
    do: 'exchange',
    request: {
      endpoint: 'api',
      operation: 'image',
      method: 'POST',
      path: '/chat/completions',
      headers: createGigachatHeaders(options),
      body: JSON.stringify({
        ...createGigachatBody(asked, model, new Map()),
        function_call: { name: 'text2image' },
      }),
      // A second one would draw, and cost, twice.
      repeat: 'unsafe',
      accept: ['application/json'],
    },
    read: 'json',
    shape: gigachatAnswerShape,
  }) as Reply
  return readGigachatAnswer(reply.body, model, providerName)
}

/** An abort of the call may meet the deletion itself: then it gets its second try in the time for cleaning up. */
function* tryRemove(fileId: string, options: GigachatOptions): Operation<boolean> {
  for (let tries = 0; tries < 2; tries++) {
    try {
      yield* removeFile(fileId, options)
      return true
    } catch (error) {
      if (ShlyuzError.isInstance(error)) return false
    }
  }
  return false
}

const leftBehind: Warning = {
  code: 'file-not-removed',
  message: 'the generated image could not be deleted at GigaChat; it stays in the storage of the account',
}

function withoutImage({ finishReason }: TextResult): ShlyuzError {
  if (finishReason === 'content-filter') {
    return new ContentFilterError('GigaChat refused to draw this', {
      hint: 'GigaChat отказался рисовать на эту тему: перефразируйте prompt.',
    })
  }
  return new ProtocolError('GigaChat answered without an image', {
    code: 'response.no_image',
    hint: 'Модель ответила без картинки: опишите её яснее или возьмите GigaChat-2-Max.',
  })
}

/** As the first bytes say; text2image draws JPEG. */
function readImageType(bytes: Uint8Array): string {
  const isPng = [0x89, 0x50, 0x4e, 0x47].every((byte, at) => bytes[at] === byte)
  return isPng ? 'image/png' : 'image/jpeg'
}

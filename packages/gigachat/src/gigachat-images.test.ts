import { describe, expect, it } from 'vitest'
import { ConnectionError, ContentFilterError, ProtocolError, UnsupportedFeatureError } from '@shlyuz/core'
import type { Effect, ImageAnswer, ImageCall, Operation } from '@shlyuz/core'
import { generateImage } from './gigachat-images.ts'
import { parseGigachatModel } from './gigachat-models.ts'

const jpeg = new Uint8Array([0xff, 0xd8, 0xff, 0xe0])
const call: ImageCall = {
  prompt: 'Розовый кот',
  instructions: 'Ты — Василий Кандинский',
  options: { clientId: 'user-7', builtInFunctions: ['text2model3d'] },
}

function image(asked: ImageCall = call): Operation<ImageAnswer> {
  return generateImage(asked, parseGigachatModel('GigaChat-2-Max'), 'sber')
}

function drawn(content: string, finishReason = 'stop'): object {
  return {
    choices: [{ index: 0, finish_reason: finishReason, message: { role: 'assistant', content } }],
    model: 'GigaChat-2-Max:2.0',
    usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 },
  }
}

/** Answers each request by its path; an Error is thrown into the operation, as core does. */
function drive(
  operation: Operation<ImageAnswer>,
  answers: Readonly<Record<string, unknown>>,
): {
  readonly requests: readonly unknown[]
  readonly outcome: () => ImageAnswer
} {
  const requests: unknown[] = []
  let outcome = (): ImageAnswer => {
    throw new Error('too many effects')
  }
  try {
    let step = operation.next()
    while (!step.done && requests.length < 10) {
      const { request } = step.value as Extract<Effect, { do: 'exchange' }>
      const { method, path, headers, body, repeat } = request
      requests.push({
        method,
        path,
        headers,
        repeat,
        ...(typeof body === 'string' && { body: JSON.parse(body) as unknown }),
      })
      const answer = answers[path]
      step =
        answer instanceof Error ? operation.throw(answer) : operation.next({ status: 200, headers: {}, body: answer })
    }
    const last = step
    if (last.done) outcome = () => last.value
  } catch (error) {
    outcome = () => {
      throw error
    }
  }
  return { requests, outcome }
}

const headers = { 'x-client-id': 'user-7' }
const drawing = {
  method: 'POST',
  path: '/chat/completions',
  headers,
  repeat: 'unsafe',
  body: {
    model: 'GigaChat-2-Max',
    messages: [
      { role: 'system', content: 'Ты — Василий Кандинский' },
      { role: 'user', content: 'Розовый кот' },
    ],
    function_call: { name: 'text2image' },
  },
}
const download = { method: 'GET', path: '/files/3727db23/content', headers, repeat: 'safe' }
const removal = { method: 'POST', path: '/files/3727db23/delete', headers, repeat: 'safe' }
const answer = drawn('<img src="3727db23" fuse="true"/> вот мой рисунок.')

it('draws, downloads and deletes, all as one client', () => {
  const { requests, outcome } = drive(image(), {
    '/chat/completions': answer,
    '/files/3727db23/content': jpeg,
    '/files/3727db23/delete': '{}',
  })
  expect(requests).toEqual([drawing, download, removal])
  expect(outcome()).toEqual({
    bytes: jpeg,
    mediaType: 'image/jpeg',
    text: 'вот мой рисунок.',
    usage: { inputTokens: 20, outputTokens: 5, totalTokens: 25 },
    modelId: 'GigaChat-2-Max',
    rawModel: 'GigaChat-2-Max:2.0',
  })
})

it('deletes the image when it cannot be downloaded', () => {
  const failure = new ConnectionError('cut')
  const { requests, outcome } = drive(image(), {
    '/chat/completions': answer,
    '/files/3727db23/content': failure,
    '/files/3727db23/delete': '{}',
  })
  expect(requests).toEqual([drawing, download, removal])
  expect(outcome).toThrow(failure)
})

it('gives the image with a warning when it cannot be deleted', () => {
  const { requests, outcome } = drive(image(), {
    '/chat/completions': answer,
    '/files/3727db23/content': jpeg,
    '/files/3727db23/delete': new ConnectionError('cut'),
  })
  expect(requests).toEqual([drawing, download, removal])
  expect(outcome()).toMatchObject({ bytes: jpeg, warnings: [{ code: 'file-not-removed' }] })
})

it('tries the deletion once more when the caller aborted it', () => {
  const { requests } = drive(image(), {
    '/chat/completions': answer,
    '/files/3727db23/content': jpeg,
    '/files/3727db23/delete': new DOMException('aborted', 'AbortError'),
  })
  expect(requests).toEqual([drawing, download, removal, removal])
})

describe('an answer without an image is an error', () => {
  it.each([
    ['the topic is refused', drawn('Об этом не рисую', 'blacklist'), ContentFilterError],
    ['the model talks', drawn('Я не умею рисовать'), ProtocolError],
  ])('%s', (_what, body, type) => {
    const { requests, outcome } = drive(image(), { '/chat/completions': body })
    expect(requests).toEqual([drawing])
    expect(outcome).toThrow(type)
  })
})

it('refuses a model that does not converse, before anything is sent', () => {
  expect(() => generateImage(call, parseGigachatModel('Embeddings'), 'sber').next()).toThrow(UnsupportedFeatureError)
})

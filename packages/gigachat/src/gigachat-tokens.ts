import type { ModelRef, Operation, Reply, Shape, TextCall, TokenCount } from '@shlyuz/core'
import { convertToGigachatMessages } from './convert-to-gigachat-messages.ts'
import { createGigachatHeaders, type GigachatOptions } from './gigachat-options.ts'

/** Source: `POST /tokens/count`, 200: a bare list. */
const tokensShape: Shape = (z) => z.array(z.looseObject({ tokens: z.number().int().nonnegative() }))

/**
 * `POST /tokens/count`: the texts of the messages, with the arguments and results of tools among them. Files, schemas
 * and what the service puts between messages are not counted.
 */
export function* countTokens(call: TextCall, model: ModelRef): Operation<TokenCount> {
  const input = convertToGigachatMessages(call.messages)
    .flatMap(({ content, function_call: asked }) => [content, asked ? JSON.stringify(asked.arguments) : ''])
    .filter((text) => text !== '')
  if (input.length === 0) return { tokens: 0 }
  const { body } = (yield {
    do: 'exchange',
    request: {
      endpoint: 'api',
      operation: 'tokens',
      method: 'POST',
      path: '/tokens/count',
      headers: createGigachatHeaders(call.options as GigachatOptions),
      body: JSON.stringify({ model: model.catalogueId, input }),
      repeat: 'safe',
      accept: ['application/json'],
    },
    read: 'json',
    shape: tokensShape,
  }) as Reply
  const counts = body as readonly { readonly tokens: number }[]
  return { tokens: counts.reduce((sum, { tokens }) => sum + tokens, 0) }
}

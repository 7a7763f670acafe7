import type { Dialect } from '../../dialect.ts'
import { gigachatDialect } from '../dialect.ts'
import { statusWords } from '../refusals.ts'

/**
 * How the streams of `/v2` break: their events have names. That of an error is known to one client library
 * (langchain-gigachat), and its inner shape to none.
 */
export const gigachatV2Dialect: Dialect = {
  ...gigachatDialect,
  brokenPiece: 'event: response.message.delta\ndata: {"messages":[{"content":[{"text":"обры\n\n',
  errorPiece: (status, message = statusWords(status)) =>
    `event: response.error\ndata: ${JSON.stringify({ error: { status, message } })}\n\n`,
  endlessPiece: (streamed) =>
    (streamed ? 'event: response.message.delta\ndata: ' : '') + '{"messages":[{"role":"assistant","content":[{"text":"',
}

/** One fault of the matrix, and what must happen then. */
export interface Row {
  readonly number: RowNumber
  readonly fault: string
  readonly behaviour: string
  /** Whether the attempt is repeated within the call. */
  readonly retry: string
  /** Class of the error that comes out when nothing helped. */
  readonly error: string
  readonly staged: string
}

type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9

export type RowNumber = `F${Digit}${Digit}`

type Told = readonly [number: RowNumber, fault: string, behaviour: string, retry: string, error: string, staged: string]

const connection = 'ConnectionError'
const interrupted = 'StreamInterruptedError'
const raw = 'a server that writes raw bytes'
const emulator = 'the emulator'

// One row a line is what makes this table readable.
// oxfmt-ignore
const told: readonly Told[] = [
  ['F01', 'Name does not resolve', 'Ends with `connection.dns`; only an answer that DNS owes (EAI_AGAIN) is asked for again, once', 'EAI_AGAIN once', connection, 'resolver of the test network'],
  ['F02', 'Connection refused', 'Ends with `connection.refused` after the retries', 'yes', connection, 'a closed port'],
  ['F03', 'Connect hangs', 'The connect limit ends it, in DNS, in TCP and in TLS, long before the deadline', 'yes', 'TimeoutError (connect)', 'a resolver that is silent; a full backlog; a socket that never greets'],
  ['F04', 'TLS chain unknown', 'Names the missing authority and the setting `ca`; never advises to switch checks off', 'no', 'TlsError', emulator],
  ['F05', 'TLS name mismatch', 'Refused before a byte of the request is written', 'no', 'TlsError', raw],
  ['F06', 'Leaf without its intermediate', 'Works when `ca` holds the intermediate; else the message says what the server left out', 'no', 'TlsError', raw],
  ['F07', 'Certificate expired', 'Refused', 'no', 'TlsError', emulator],
  ['F08', 'Reset before the answer', 'A chat is asked again (it may be billed twice); what is not safe to repeat is not', 'if safe', connection, raw],
  ['F09', 'Reset of a reused socket', 'One repeat at once on a fresh socket, beside the retries', 'once, free', connection, raw],
  ['F10', 'Headers never come', 'The headers limit ends the attempt', 'yes', 'TimeoutError (headers)', emulator],
  ['F11', '400', "Final; the service's code is kept, and no more of the body is read than the limit", 'no', 'BadRequestError', `${emulator}; ${raw}`],
  ['F12', '401 with a fresh token', 'One forced refresh and one repeat; the second 401 is final', 'once', 'AuthError', emulator],
  ['F13', '401 to 100 calls at once', 'One token request serves all of them', 'once', '', emulator],
  ['F14', 'Token endpoint down', 'Asked again within the same call; those who wait share the outcome; the failure is not kept; a fallback moves on', 'yes', 'ServerError', emulator],
  ['F15', 'Token endpoint answers nonsense', 'One request a call, and a message that says what was wrong', 'no', 'AuthError', emulator],
  ['F16', 'A waiter leaves during a refresh', 'Only that one rejects; the refresh ends when all have left', 'no', "the caller's reason", emulator],
  ['F17', 'Token expires under an open stream', 'The stream goes on; the next call refreshes', '', '', emulator],
  ['F18', 'Clock skew', 'Tokens are renewed before they end by the local clock; a refusal renews the rest', 'once', '', `${emulator}; fake clock`],
  ['F19', '402 or quota used up', 'Final, with a class of its own; a fallback moves on', 'no', 'QuotaError', emulator],
  ['F20', '403', 'Final', 'no', 'PermissionError', emulator],
  ['F21', '404 for a model', 'Final; says how to find the names', 'no', 'NotFoundError', emulator],
  ['F22', '408, 409, 425', 'Asked again', 'yes', 'ServerError', raw],
  ['F23', '413 or context too long', 'Final, with a class of its own', 'no', 'ContextLengthError', emulator],
  ['F24', 'Content filter', 'Told apart from an answer in both forms: an error, or the finish reason `content-filter`', 'no', 'ContentFilterError', `${emulator}; ${raw}`],
  ['F25', '429 with Retry-After in seconds', 'Waits exactly that long, then asks again', 'yes', 'RateLimitError', `${raw}; fake clock`],
  ['F26', '429 with other Retry-After values', 'A date is kept; past, negative and senseless values fall to back-off; more than 60 s ends the call and is stated', 'by value', 'RateLimitError', `${raw}; fake clock`],
  ['F27', '429 without Retry-After', 'Back-off with full jitter: clients do not wake together', 'yes', 'RateLimitError', `${raw}; fake clock`],
  ['F28', '500, 502, 503, 504', 'Asked again up to the limit; the error lists every attempt', 'yes', 'ServerError', raw],
  ['F29', '5xx with an endless body', 'Reading stops at 64 KiB and the socket closes', 'yes', 'ServerError', raw],
  ['F30', '200 with an error object', 'Recognised as that error', 'by code', 'ServerError', raw],
  ['F31', '200 with HTML', 'The content type is judged before the body', 'no', 'ProtocolError', emulator],
  ['F32', '200 with cut JSON', 'An error, never a part of the object', 'yes', 'ProtocolError', raw],
  ['F33', 'Empty answer', 'An error', 'yes', 'ProtocolError', raw],
  ['F34', 'Redirect', 'Refused; nothing is sent to the new address', 'no', 'PolicyDeniedError', emulator],
  ['F35', 'Compressed answer', 'No compression is asked for, and any encoding is refused unread, so that nothing can swell', 'no', 'ProtocolError', raw],
  ['F36', 'Stream split at any byte', 'The same parts as in one piece, also inside a letter and between CR and LF', '', '', raw],
  ['F37', 'BOM, comments, fields, line ends', 'As the HTML standard says: one BOM skipped, comments and unknown fields ignored, an unfinished event dropped', '', '', raw],
  ['F38', 'Stream closes without its end mark', 'An error with the delivered part, never a finished answer; asked again only before content', 'before content', interrupted, emulator],
  ['F39', 'Stream reset in the middle', 'As F38, with the ConnectionError as cause', 'no', interrupted, emulator],
  ['F40', 'Stream reset before content', 'The whole call is asked again; at last an error with an empty part', 'yes', interrupted, emulator],
  ['F41', 'Stream stalls in silence', 'The idle limit restarts at every byte; a second limit bounds time without content, so that comments do not count as an answer', 'no', `${interrupted}, cause TimeoutError`, raw],
  ['F42', 'One bad event between good ones', 'An error with the delivered part; there is no lenient mode', 'no', `${interrupted}, cause ProtocolError`, emulator],
  ['F43', 'Error event inside 200', "The service's code, and the delivered part", 'no', `${interrupted}, cause ServerError`, emulator],
  ['F44', 'Endless line or event', 'Ended at 16 Mi characters; a line of YandexGPT, which repeats the whole text, at 64 MiB', 'no', 'ResponseTooLargeError, ProtocolError', raw],
  ['F45', 'Usage or tool calls after the finish reason', 'Read to the end mark: nothing is lost', '', '', raw],
  ['F46', 'Slow consumer', 'Memory stays flat: the pause reaches the sender', '', '', raw],
  ['F47', 'Consumer leaves early', 'The socket closes at once and serves nobody else', '', 'AbortError from `result`', raw],
  ['F48', 'Nobody reads', 'The deadline closes it; no unhandled rejection', '', 'TimeoutError', raw],
  ['F49', 'Aborted before the start', "The caller's reason; no socket, no token", 'no', "the caller's reason", emulator],
  ['F50', 'Abort at any waiting place', "The caller's reason at once; nothing goes on, and no listener stays on the signal", 'no', "the caller's reason", raw],
  ['F51', 'Abort and timeout in one tick', 'One rejection; whichever came first', 'no', 'either, by order', `${raw}; fake clock`],
  ['F52', 'Many calls, few slots', 'Served in order; those who leave free their place; no slot is lost to an error', '', 'QueueFullError', raw],
  ['F53', 'Breaker opens', 'Fails fast with the time until the trial; refusals, aborts and the policy do not count', 'no', 'CircuitOpenError', `${raw}; fake clock`],
  ['F54', 'Breaker half open', 'One trial passes, the others fail fast', 'no', 'CircuitOpenError', `${raw}; fake clock`],
  ['F55', 'Hedged request', 'The winner is taken, the loser is closed, both count; never for streams that began', '', '', raw],
  ['F56', 'Fallback', 'The second is asked only if the policy allowed it when the call began; the answer says who answered', '', '', emulator],
  ['F57', 'Rule throws, hangs, answers nonsense', 'Refused, recorded, and nothing is sent', 'no', 'PolicyDeniedError', raw],
  ['F58', 'Audit sink throws or is slow', 'By setting: refused, or counted; the queue is bounded', 'no', 'PolicyAuditError', emulator],
  ['F59', 'DNS changes between attempts', 'The second attempt is judged anew', 'no', 'PolicyDeniedError', `${raw}; resolver of the test network`],
  ['F60', 'Token file broken, locked, loose, a link', 'Ignored, and the token is fetched; loose permissions with a warning; written whole or not at all, for the owner alone', '', '', `${emulator}; such files`],
  ['F61', 'Process dies while it writes the token file', 'The old file is intact', '', '', 'a process killed between write and rename'],
  ['F62', 'Client closed with calls in flight', 'New calls are refused, running ones end or are cut; nothing keeps the process alive', 'no', 'ClientClosedError', `${raw}; a process of its own`],
  ['F63', 'Key in an error', 'Key, token and prompt are in no form of printing', '', '', emulator],
  ['F64', 'Line break in a header value', 'Refused before sending, and the value is not repeated', 'no', 'ConfigurationError', emulator],
  ['F65', '`__proto__` in arguments and answers', 'No prototype changes', '', '', raw],
  ['F66', 'JSON 100,000 levels deep', 'An error, and the process lives', 'no', 'ProtocolError', raw],
  ['F67', 'Duplicate keys, great numbers', 'The last key wins; ids stay text', '', '', raw],
  ['F68', 'Machine sleeps under a stream', 'The stall is found on waking by the wall clock', 'no', `${interrupted}, cause TimeoutError`, `${raw}; the wall clock jumps`],
]

/** The fault matrix. */
export const rows: readonly Row[] = told.map(([number, fault, behaviour, retry, error, staged]) => ({
  number,
  fault,
  behaviour,
  retry,
  error,
  staged,
}))

const byNumber = new Map(rows.map((row) => [row.number, row]))

/** `F01 Name does not resolve`: how the tests of a row are titled. */
export function titleOf(number: RowNumber): string {
  const found = byNumber.get(number)
  if (!found) throw new Error(`the matrix has no row ${number}`)
  return `${number} ${found.fault}`
}

/** What the OpenAI-compatible addresses say with a status when nothing more is known; texts as the native API has them. */
export const modelErrorWords: Readonly<Record<number, string>> = {
  400: 'Invalid argument',
  401: 'Token is invalid or has expired.',
  403: 'Permission denied',
  404: 'Not found',
  429: 'ai.textGenerationCompletionSessionsCount.count gauge quota limit exceed: allowed 10 requests',
  500: 'Internal error',
  501: 'Not implemented',
  503: 'service is temporarily unavailable',
  504: 'Deadline exceeded',
}

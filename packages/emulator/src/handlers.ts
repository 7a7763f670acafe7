import type { RequestHandler } from 'msw'
import { createGigaChatHandlers } from './gigachat/handlers.ts'
import { createOpenAiStandHandlers } from './open-ai/handlers.ts'
import type { EmulatorState } from './state.ts'
import { createYandexGptHandlers } from './yandexgpt/handlers.ts'

/**
 * Both services and the stand as msw handlers, written for their true origins. Call them directly through msw's
 * `getResponse` in tests without sockets; `startEmulator` puts the same list behind HTTPS.
 */
export function createHandlers(state: EmulatorState): RequestHandler[] {
  return [...createGigaChatHandlers(state), ...createYandexGptHandlers(state), ...createOpenAiStandHandlers(state)]
}

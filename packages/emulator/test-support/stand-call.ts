import { openAiOrigin } from '../src/origins.ts'
import type { Emulator } from '../src/start-emulator.ts'
import type { CallAnswer } from './call.ts'
import { openAiCall, type OpenAiCall } from './open-ai-call.ts'

/** Sends a request to the stand over a real socket, with its good key unless the headers say otherwise. */
export function standCall(emulator: Emulator, { headers = {}, ...rest }: OpenAiCall): Promise<CallAnswer> {
  return openAiCall(emulator, {
    origin: openAiOrigin,
    headers: { authorization: `Bearer ${emulator.credentials.openai.apiKey}`, ...headers },
    ...rest,
  })
}

import { describe, expect, it } from 'vitest'
import { textOptionNames } from './check-text-options.ts'
import { findNeighbour } from './neighbours.ts'

const toolKeys = ['description', 'inputSchema', 'execute', 'needsApproval', 'timeoutMs', 'examples', 'outputSchema']
const embedKeys = ['model', 'kind', 'dimensions', 'providerOptions', 'value', 'signal', 'timeout', 'retries']
const jobKeys = [
  'model',
  'requests',
  'tools',
  'toolChoice',
  'output',
  'providerOptions',
  'signal',
  'timeout',
  'retries',
]

describe('the option somebody meant', () => {
  it.each([
    ['max_steps', textOptionNames, 'maxSteps'],
    ['stopWhen', textOptionNames, 'maxSteps'],
    ['tool_choice', textOptionNames, 'toolChoice'],
    ['function_call', textOptionNames, 'toolChoice'],
    ['functions', textOptionNames, 'tools'],
    ['schema', textOptionNames, 'output'],
    ['response_format', textOptionNames, 'output'],
    ['responseFormat', textOptionNames, 'output'],
    ['reasoning_effort', textOptionNames, 'reasoningEffort'],
    ['reasoning', textOptionNames, 'reasoningEffort'],
    ['system', textOptionNames, 'instructions'],
    ['max_tokens', textOptionNames, 'maxOutputTokens'],
    ['max_retries', textOptionNames, 'retries'],
    ['input', textOptionNames, 'prompt'],
    ['promt', textOptionNames, 'prompt'],
    ['temprature', textOptionNames, 'temperature'],
    ['porvider', ['model', 'provider'], 'provider'],
    ['parameters', toolKeys, 'inputSchema'],
    ['input', toolKeys, 'inputSchema'],
    ['handler', toolKeys, 'execute'],
    ['run', toolKeys, 'execute'],
    ['func', toolKeys, 'execute'],
    ['timeout', toolKeys, 'timeoutMs'],
    ['input', embedKeys, 'value'],
    ['values', embedKeys, 'value'],
    ['inputs', jobKeys, 'requests'],
    ['prompts', jobKeys, 'requests'],
    ['provider', ['providers', 'policy'], 'providers'],
    ['mimeType', ['type', 'data', 'mediaType', 'filename'], 'mediaType'],
    ['total', ['totalMs', 'connectMs'], 'totalMs'],
  ])('by %s is found among those of the place', (key, known, option) => {
    expect(findNeighbour(key, known)).toEqual({ option })
  })

  it.each([
    ['images', textOptionNames, 'localFile'],
    ['attachments', ['role', 'content'], 'localFile'],
    ['tool_calls', ['role', 'content'], 'responseMessages'],
    ['stream', textOptionNames, 'client.streamText'],
    ['models', textOptionNames, 'client.fallback'],
    ['apiKey', textOptionNames, 'createClient'],
    ['name', toolKeys, 'tools: { имя'],
    ['temperature', jobKeys, 'requests: ['],
  ])('by %s is no option, and the hint says where it goes', (key, known, fix) => {
    expect(findNeighbour(key, known)).toMatchObject({ hint: expect.stringContaining(fix) })
  })

  it.each(['top_k', 'n', 'logprobs', 'wow', '__proto__', 'constructor', ''])('by %s cannot be told', (key) => {
    expect(findNeighbour(key, textOptionNames)).toBeUndefined()
  })

  it('is always one that the place knows', () => {
    for (const known of [textOptionNames, toolKeys, embedKeys, jobKeys]) {
      for (const word of ['input', 'text', 'schema', 'output', 'function', 'provider', 'timeout', 'approve', 'size']) {
        const found = findNeighbour(word, known)
        if (found && 'option' in found) expect(known).toContain(found.option)
      }
    }
  })
})

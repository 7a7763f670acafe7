import { expect, test } from 'vitest'
import type { Provider } from '../provider.ts'
import type { PartMessage } from '../vocabulary/messages.ts'
import { countContent, createIntent } from './create-intent.ts'

const provider = {
  kind: 'stand',
  name: 'stand',
  endpoints: { api: { url: 'https://llm.corp.example/v1' } },
  providerLogging: 'never',
} as unknown as Provider

const messages: readonly PartMessage[] = [
  { role: 'system', content: [{ type: 'text', text: 'Кратко.' }] },
  {
    role: 'user',
    content: [
      { type: 'text', text: 'Что здесь?' },
      { type: 'media', modality: 'image', source: new URL('https://img.corp.example/1.png') },
      { type: 'media', modality: 'document', source: { fileId: '1' } },
    ],
  },
] as PartMessage[]

test('content is counted, and neither the counts nor the list of tools can be changed afterwards', () => {
  const tools = ['web_search']
  const counted = countContent(messages, tools)
  expect(counted).toEqual({
    messages: 2,
    characters: 17,
    images: 1,
    files: 1,
    remoteUrls: 1,
    remoteTools: ['web_search'],
  })
  // The adapter still has its list.
  tools.push('code_interpreter')
  expect(counted.remoteTools).toEqual(['web_search'])
  expect(Object.isFrozen(counted) && Object.isFrozen(counted.remoteTools)).toBe(true)
})

test('an intent is frozen with all that is in it, whoever counted', () => {
  for (const content of [countContent(messages), { ...countContent(messages), remoteTools: ['web_search'] }]) {
    const intent = createIntent(provider, { operation: 'chat', stream: true, content })
    expect(intent).toEqual({
      operation: 'chat',
      provider: 'stand',
      origins: ['https://llm.corp.example'],
      stream: true,
      content,
      providerLogging: 'never',
      labels: {},
      dataClasses: [],
    })
    expect(Object.hasOwn(intent, 'model')).toBe(false)
    for (const held of [intent, intent.content, intent.content.remoteTools, intent.labels, intent.dataClasses]) {
      expect(Object.isFrozen(held)).toBe(true)
    }
  }
})

test('an operation without content has counts of nothing', () => {
  const { content, stream } = createIntent(provider, { operation: 'token' })
  expect({ content, stream }).toMatchObject({ content: { messages: 0, characters: 0, remoteTools: [] }, stream: false })
  expect(Object.isFrozen(content)).toBe(true)
})

// Other people's clients as contenders of `pnpm bench`, each used as its documentation shows and loaded alone.
// Here and not in bench/, because they resolve from compare/node_modules.

export async function openai({ baseUrl, model, messages }) {
  const { default: OpenAI } = await import('openai')
  const client = new OpenAI({ baseURL: baseUrl, apiKey: 'key' })
  return {
    async generate() {
      const { choices } = await client.chat.completions.create({ model, messages })
      return choices[0].message.content
    },
    async stream(onText) {
      const request = { model, messages, stream: true, stream_options: { include_usage: true } }
      for await (const { choices } of await client.chat.completions.create(request)) {
        const content = choices[0]?.delta.content
        if (content) onText(content)
      }
    },
  }
}

export async function aiSdk({ baseUrl, model, messages }) {
  const [{ generateText, streamText }, { createOpenAICompatible }] = await Promise.all([
    import('ai'),
    import('@ai-sdk/openai-compatible'),
  ])
  const provider = createOpenAICompatible({ name: 'bench', baseURL: baseUrl, apiKey: 'key', includeUsage: true })
  const [{ content: instructions }, ...rest] = messages
  const options = { model: provider(model), instructions, messages: rest }
  return {
    async generate() {
      const { text } = await generateText(options)
      return text
    },
    async stream(onText) {
      for await (const text of streamText(options).textStream) onText(text)
    },
  }
}

export async function langchainOpenai({ baseUrl, model, messages }) {
  const { ChatOpenAI } = await import('@langchain/openai')
  return langchain(new ChatOpenAI({ model, apiKey: 'key', configuration: { baseURL: baseUrl } }), messages)
}

export async function gigachat({ baseUrl, messages }) {
  const { GigaChat } = await import('gigachat')
  const client = new GigaChat({ baseUrl, accessToken: 'token', model: 'GigaChat-2-Max' })
  return {
    async generate() {
      const { choices } = await client.chat({ messages })
      return choices[0].message.content
    },
    async stream(onText) {
      for await (const { choices } of client.stream({ messages })) {
        const content = choices[0]?.delta.content
        if (content) onText(content)
      }
    },
  }
}

export async function langchainGigachat({ baseUrl, messages }) {
  const { GigaChat } = await import('langchain-gigachat')
  return langchain(new GigaChat({ baseUrl, accessToken: 'token', model: 'GigaChat-2-Max' }), messages)
}

function langchain(model, messages) {
  const conversation = messages.map(({ role, content }) => [role === 'user' ? 'human' : role, content])
  return {
    async generate() {
      const { content } = await model.invoke(conversation)
      return content
    },
    async stream(onText) {
      for await (const { content } of await model.stream(conversation)) if (content !== '') onText(content)
    },
  }
}

import { getResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import { directServices, type DirectServices } from '../../test-support/direct-services.ts'
import { createHandlers } from '../handlers.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const base = 'https://api.giga.chat/v1'

/** Sends a form as fetch writes it, or any other body. */
async function upload(
  { state }: DirectServices,
  body: FormData | string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const response = await getResponse(
    createHandlers(state),
    new Request(`${base}/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${state.credentials.gigachat.accessToken}`, ...headers },
      body,
    }),
  )
  if (response === undefined) throw new Error('No handler for files')
  return response
}

function form(
  file: Blob | string | undefined,
  name = 'файл "1".txt',
  purpose: string | undefined = 'general',
): FormData {
  const data = new FormData()
  if (typeof file === 'string') data.set('file', file)
  else if (file !== undefined) data.set('file', file, name)
  if (purpose !== undefined) data.set('purpose', purpose)
  return data
}

const text = (content: string, type = 'text/plain') => new Blob([content], { type })
const bytes = (size: number, type: string) => new Blob([new Uint8Array(size)], { type })

function get(services: DirectServices, path: string, client = 'me', method = 'GET'): Promise<Response> {
  return services.send(`${base}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${services.state.credentials.gigachat.accessToken}`,
      ...(client === '' ? {} : { 'x-client-id': client }),
    },
  })
}

describe('GigaChat files', () => {
  it('keeps a file with its name and type, and gives its very bytes back', async () => {
    const services = directServices()
    const content = Uint8Array.from({ length: 256 }, (_, index) => index)
    const file = new Blob([content, '\r\n--', content], { type: 'image/png' })
    const response = await upload(services, form(file), { 'x-client-id': 'me' })
    expect(response.status).toBe(200)
    const stored = await response.json()
    expect(stored).toEqual({
      id: expect.stringMatching(uuid),
      object: 'file',
      bytes: 516,
      access_policy: 'private',
      created_at: expect.any(Number),
      filename: 'файл "1".txt',
      purpose: 'general',
      modalities: ['image'],
    })
    expect(await (await get(services, `/files/${stored.id}`)).json()).toEqual(stored)
    expect(await (await get(services, '/files')).json()).toEqual({ data: [stored] })
    const loaded = await get(services, `/files/${stored.id}/content`)
    expect(loaded.headers.get('content-type')).toBe('image/png')
    expect(Buffer.from(await loaded.arrayBuffer())).toEqual(Buffer.from(await file.arrayBuffer()))
    expect(services.state.requests[0]).toMatchObject({ operation: 'files', method: 'POST', path: '/v1/files' })
    expect(services.state.requests[0]?.body).toContain('name="purpose"')
  })

  it('shows a file to the same X-Client-ID alone', async () => {
    const services = directServices()
    const { id } = await (await upload(services, form(text('да')), { 'x-client-id': 'me' })).json()
    for (const client of ['you', '']) {
      expect((await get(services, `/files/${id}`, client)).status).toBe(404)
      expect((await get(services, `/files/${id}/content`, client)).status).toBe(404)
      expect((await get(services, `/files/${id}/delete`, client, 'POST')).status).toBe(404)
      expect(await (await get(services, '/files', client)).json()).toEqual({ data: [] })
    }
  })

  it('deletes by POST, not by DELETE', async () => {
    const services = directServices()
    const { id } = await (await upload(services, form(text('да')), { 'x-client-id': 'me' })).json()
    expect((await get(services, `/files/${id}`, 'me', 'DELETE')).status).toBe(404)
    expect(await (await get(services, `/files/${id}/delete`, 'me', 'POST')).json()).toEqual({
      id,
      deleted: true,
      access_policy: 'private',
    })
    expect(await (await get(services, `/files/${id}`)).json()).toEqual({ status: 404, message: 'Not Found' })
  })

  it.each<[string, FormData | string, number]>([
    ['a body that is no form', 'файл', 400],
    ['a form without a file', form(undefined), 400],
    ['a file without a name', form('текст'), 400],
    ['no purpose', form(text('да'), 'a.txt', ''), 400],
    ['another purpose', form(text('да'), 'a.txt', 'batch'), 400],
    ['an unknown type', form(text('да', 'application/zip')), 422],
    ['a file without a type', form(text('да', '')), 422],
    ['an empty file', form(text('')), 422],
    ['an image above 15 MB', form(bytes(15_000_001, 'image/jpeg')), 413],
    ['audio above 35 MB', form(bytes(35_000_001, 'audio/mp3')), 413],
    ['a document above 40 MB', form(bytes(40_000_001, 'application/pdf')), 413],
  ])('refuses %s', async (_, body, status) => {
    const response = await upload(directServices(), body)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ status })
  })

  it('refuses a form that is cut', async () => {
    const services = directServices()
    const whole = new Response(form(text('да')))
    const contentType = whole.headers.get('content-type') ?? ''
    const body = await whole.text()
    const send = (cut: string) => upload(services, cut, { 'content-type': contentType })
    expect((await send(body)).status).toBe(200)
    for (const size of [10, 80, body.length - 60, body.length - 20]) {
      expect((await send(body.slice(0, size))).status).toBe(400)
    }
  })

  it('answers 403 from the balancer to the second version', async () => {
    const { send } = directServices()
    const response = await send('https://api.giga.chat/v2/files', { body: '' })
    expect(response.status).toBe(403)
    expect(response.headers.get('content-type')).toBe('text/html')
    expect(await response.text()).toContain('<center>nginx</center>')
  })
})

describe('GigaChat attachments', () => {
  const headers = { 'x-client-id': 'me' }

  async function ask(services: DirectServices, messages: readonly (readonly string[])[], client = headers) {
    return services.chat(
      { messages: messages.map((attachments) => ({ role: 'user', content: 'Что в файле?', attachments })) },
      client,
    )
  }

  async function keep(services: DirectServices, file: Blob, name = 'a.txt'): Promise<string> {
    return (await (await upload(services, form(file, name), headers)).json()).id
  }

  it('reads a plain text, and the first of several documents alone', async () => {
    const services = directServices()
    const first = await keep(services, text('Выручка выросла на 12 процентов.'))
    const second = await keep(services, text('Другой документ.'))
    const answer = JSON.stringify(await (await ask(services, [[first, second]])).json())
    expect(answer).toContain('Выручка')
    expect(answer).not.toContain('Другой')
  })

  it('names an image and counts the text of documents', async () => {
    const services = directServices()
    const image = await keep(services, bytes(100, 'image/jpeg'), 'кот.jpg')
    const body = await (await ask(services, [[image]])).json()
    expect(body.choices[0].message.content).toContain('кот.jpg')
    const long = await keep(services, text('слово '.repeat(50)))
    expect((await (await ask(services, [[long]])).json()).usage.prompt_tokens).toBeGreaterThan(50)
  })

  it('refuses unknown files, several images in a message, and too many', async () => {
    const services = directServices({ gigachat: { contextTokens: 100 } })
    expect((await ask(services, [['nobody']])).status).toBe(404)
    const image = await keep(services, bytes(100, 'image/jpeg'))
    expect((await ask(services, [[image]], { 'x-client-id': 'you' })).status).toBe(404)
    expect((await ask(services, [[image, image]])).status).toBe(422)
    expect(
      (
        await ask(
          services,
          Array.from({ length: 11 }, () => [image]),
        )
      ).status,
    ).toBe(422)
    const document = await keep(services, text('слово '.repeat(200)))
    expect((await ask(services, [[document]])).status).toBe(422)
    const large = await keep(services, bytes(14_000_000, 'image/jpeg'))
    expect(
      (
        await ask(
          services,
          Array.from({ length: 6 }, () => [large]),
        )
      ).status,
    ).toBe(413)
  })
})

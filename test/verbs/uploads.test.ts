import { ServerError, type Client } from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { caught } from '../e2e/support.ts'
import { createProbe, startProbe, type ProbeWorld } from './probe.ts'
import { eventually, type Answer, type Arrived, type Handler } from './service.ts'

/** Keeps files; each step can be made to go another way. */
class Files {
  readonly held = new Set<string>()
  readonly steps: { put?: Handler; chat?: Handler; remove?: Handler } = {}
  #count = 0

  readonly handle: Handler = async (request) => {
    const { method, path } = request
    if (path === '/chat') return (await this.steps.chat?.(request)) ?? { json: { text: 'да' } }
    if (method === 'DELETE') return (await this.steps.remove?.(request)) ?? this.#remove(request)
    const id = `f${++this.#count}`
    this.held.add(id)
    const answer = await this.steps.put?.(request)
    if (answer && (answer.status ?? 200) >= 300) this.held.delete(id)
    return answer ?? { json: { id } }
  }

  #remove({ path }: Arrived): Answer {
    return this.held.delete(path.slice('/files/'.length)) ? {} : { status: 404 }
  }
}

function pathsOf({ service }: ProbeWorld): string[] {
  return service.requests.map(({ method, path }) => `${method} ${path}`)
}

const content = (text: string) => [
  { type: 'text' as const, text: 'что здесь?' },
  { type: 'file' as const, data: Buffer.from(text), mediaType: 'text/plain' },
]

function ask(client: Client, text = 'договор', more: object = {}) {
  return client.generateText({ model: 'probe/chat', messages: [{ role: 'user', content: content(text) }], ...more })
}

describe('uploads of a client', () => {
  test('calls that need the same content share one upload, at the same time and later', async () => {
    const files = new Files()
    await using world = await startProbe(files.handle)
    await Promise.all([ask(world.client), ask(world.client), ask(world.client)])
    await ask(world.client)
    const paths = pathsOf(world)
    expect(paths.filter((path) => path === 'POST /files')).toHaveLength(1)
    expect(world.service.requests.filter(({ path }) => path === '/chat').map(({ json }) => json['files'])).toEqual(
      Array.from({ length: 4 }, () => ['f1']),
    )
    await ask(world.client, 'приложение')
    expect([...files.held]).toEqual(['f1', 'f2'])
  })

  test('a file given twice in one call is put once', async () => {
    const files = new Files()
    await using world = await startProbe(files.handle)
    const messages = [{ role: 'user' as const, content: [...content('договор'), ...content('договор')] }]
    await world.client.generateText({ model: 'probe/chat', messages })
    expect(pathsOf(world)).toEqual(['POST /files', 'POST /chat'])
    expect(world.service.requests[1]?.json).toEqual({ files: ['f1', 'f1'] })
  })

  test('deleteUploads removes what is still held, once', async () => {
    const files = new Files()
    await using world = await startProbe(files.handle)
    await ask(world.client)
    await ask(world.client, 'приложение')
    expect(await world.client.deleteUploads()).toEqual({ deleted: 2 })
    expect(files.held.size).toBe(0)
    expect(await world.client.deleteUploads()).toEqual({ deleted: 0 })
    await ask(world.client)
    expect([...files.held]).toEqual(['f3'])
  })

  test("uploads: 'delete' removes after success, and the answer is still that of the chat", async () => {
    const files = new Files()
    files.steps.chat = () => ({ status: 201, json: { text: 'да' }, headers: { 'x-request-id': 'chat' } })
    files.steps.remove = ({ path }) => {
      files.held.delete(path.slice('/files/'.length))
      return { status: 200, headers: { 'x-request-id': 'removal' } }
    }
    await using world = await startProbe(files.handle)
    const { response, warnings, attempts } = await ask(world.client, 'договор', { uploads: 'delete' })
    expect(pathsOf(world)).toEqual(['POST /files', 'POST /chat', 'DELETE /files/f1'])
    expect({ response, warnings }).toMatchObject({ response: { status: 201, requestId: 'chat' }, warnings: [] })
    expect(attempts).toHaveLength(2)
    expect(files.held.size).toBe(0)
  })

  test('what a call that fails has put is removed; the error is the first one, whatever the removal does', async () => {
    for (const remove of [undefined, () => ({ status: 404 }), () => ({ status: 500 })]) {
      const files = new Files()
      files.steps.chat = () => ({ status: 500 })
      if (remove) files.steps.remove = remove
      await using world = await startProbe(files.handle)
      const error = await caught(ask(world.client))
      expect(error).toBeInstanceOf(ServerError)
      expect((error as ServerError).attempts).toHaveLength(2)
      expect(pathsOf(world).slice(0, 3)).toEqual(['POST /files', 'POST /chat', 'DELETE /files/f1'])
      expect(files.held.size).toBe(remove ? 1 : 0)
    }
  })

  test('what could not be removed is told, and deleteUploads tries again', async () => {
    const files = new Files()
    files.steps.remove = () => ({ status: 500 })
    await using world = await startProbe(files.handle)
    const { warnings } = await ask(world.client, 'договор', { uploads: 'delete' })
    expect(warnings).toEqual([
      {
        code: 'upload-not-deleted',
        setting: 'uploads',
        message: '1 uploaded file could not be deleted; client.deleteUploads() tries again',
      },
    ])
    const error = await caught(world.client.deleteUploads())
    expect(error).toBeInstanceOf(ServerError)
    delete files.steps.remove
    expect(await world.client.deleteUploads()).toEqual({ deleted: 1 })
    expect(files.held.size).toBe(0)
  })

  test('a call that fails leaves a file alone that another one uses; the last one decides', async () => {
    const files = new Files()
    let release: () => void = () => {}
    const hold = new Promise<void>((resolve) => (release = resolve))
    let chats = 0
    files.steps.chat = async () => {
      if (++chats === 1) {
        await hold
        return { json: { text: 'да' } }
      }
      return { status: 500 }
    }
    await using world = await startProbe(files.handle)
    const first = ask(world.client)
    await eventually(() => chats === 1, 'the first call is at the chat')
    expect(await caught(ask(world.client))).toBeInstanceOf(ServerError)
    expect(await world.client.deleteUploads()).toEqual({ deleted: 0 })
    expect([...files.held]).toEqual(['f1'])
    release()
    expect((await first).text).toBe('да')
    expect([...files.held]).toEqual(['f1'])
    expect(await caught(ask(world.client))).toBeInstanceOf(ServerError)
    expect(files.held.size).toBe(0)
  })

  test('an upload that fails ends all that wait for it, and the next call tries anew', async () => {
    const files = new Files()
    files.steps.put = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return { status: 500 }
    }
    await using world = await startProbe(files.handle)
    const errors = await Promise.all([caught(ask(world.client)), caught(ask(world.client))])
    expect(errors.every((error) => error instanceof ServerError)).toBe(true)
    expect(pathsOf(world)).toEqual(['POST /files'])
    delete files.steps.put
    expect((await ask(world.client)).text).toBe('да')
    expect(pathsOf(world)).toEqual(['POST /files', 'POST /files', 'POST /chat'])
  })

  test('an upload whose answer is lost is not repeated', async () => {
    const files = new Files()
    files.steps.put = () => ({ status: 500 })
    await using world = await startProbe(files.handle, {}, { retries: 2 })
    await caught(ask(world.client))
    expect(pathsOf(world)).toEqual(['POST /files'])
  })

  test('the abort of one who waits leaves the upload to the other', async () => {
    const files = new Files()
    let release: () => void = () => {}
    const hold = new Promise<void>((resolve) => (release = resolve))
    files.steps.put = async () => {
      await hold
      return { json: { id: 'f1' } }
    }
    await using world = await startProbe(files.handle)
    const controller = new AbortController()
    const first = ask(world.client, 'договор', { signal: controller.signal })
    await eventually(() => world.service.requests.length === 1, 'the upload is under way')
    const second = ask(world.client)
    await new Promise((resolve) => setTimeout(resolve, 10))
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await caught(first)).toBe(reason)
    release()
    expect((await second).text).toBe('да')
    expect(pathsOf(world)).toEqual(['POST /files', 'POST /chat'])
    expect([...files.held]).toEqual(['f1'])
  })

  test('when all go, the call rejects at once, and a file that is there after all is removed', async () => {
    const files = new Files()
    let release: () => void = () => {}
    const hold = new Promise<void>((resolve) => (release = resolve))
    files.steps.put = async () => {
      await hold
      return { json: { id: 'f1' } }
    }
    await using world = await startProbe(files.handle)
    const controller = new AbortController()
    const work = ask(world.client, 'договор', { signal: controller.signal })
    await eventually(() => world.service.requests.length === 1, 'the upload is under way')
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await caught(work)).toBe(reason)
    expect(files.held.size).toBe(1)
    release()
    await eventually(() => files.held.size === 0, 'the late file is removed')
    expect(pathsOf(world)).toEqual(['POST /files', 'DELETE /files/f1'])
  })

  test('an upload that never ends is cut soon after the last one has gone', async () => {
    const files = new Files()
    files.steps.put = () => new Promise(() => {})
    await using world = await startProbe(files.handle)
    const controller = new AbortController()
    const work = ask(world.client, 'договор', { signal: controller.signal })
    await eventually(() => world.service.requests.length === 1, 'the upload is under way')
    controller.abort()
    await caught(work)
    await eventually(() => world.service.connections === 0, 'the connection is closed')
    delete files.steps.put
    expect((await ask(world.client)).text).toBe('да')
  })

  test('an abort at the chat removes the file, and the reason is the caller’s', async () => {
    const files = new Files()
    files.steps.chat = () => new Promise(() => {})
    await using world = await startProbe(files.handle)
    const controller = new AbortController()
    const work = ask(world.client, 'договор', { signal: controller.signal })
    await eventually(() => world.service.requests.length === 2, 'the chat is under way')
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await caught(work)).toBe(reason)
    expect(files.held.size).toBe(0)
  })

  test('the end of the client cuts the call, which still removes its file', async () => {
    const files = new Files()
    files.steps.chat = () => new Promise(() => {})
    await using world = await startProbe(files.handle)
    const work = caught(ask(world.client))
    await eventually(() => world.service.requests.length === 2, 'the chat is under way')
    await world.client.close({ graceMs: 0 })
    expect(await work).toMatchObject({ name: 'ClientClosedError' })
    expect(files.held.size).toBe(0)
  })

  test('every tenant has uploads of its own, and they are removed with its own credential', async () => {
    const files = new Files()
    let tenant = 'a'
    await using world = await startProbe(files.handle, { providers: [createProbe({ secret: () => tenant })] })
    await ask(world.client)
    tenant = 'b'
    await ask(world.client)
    await ask(world.client)
    const puts = world.service.requests.filter(({ path }) => path === '/files')
    expect(puts.map(({ headers }) => headers.authorization)).toEqual(['Bearer a', 'Bearer b'])
    expect([...files.held]).toEqual(['f1', 'f2'])
  })
})

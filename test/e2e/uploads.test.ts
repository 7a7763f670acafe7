import { describe, expect, test } from 'vitest'
import { pathsOf, startBoth } from './both.ts'
import { caught } from './support.ts'

const content = [
  { type: 'text' as const, text: 'Что в договоре?' },
  { type: 'file' as const, data: Buffer.from('договор о поставке'), mediaType: 'text/plain', filename: 'договор.txt' },
]
const ask = { model: 'gigachat/GigaChat-2-Max', messages: [{ role: 'user' as const, content }] }

describe('files of a conversation', () => {
  test('are put once for all calls, and deleted on request', async () => {
    await using world = await startBoth()
    await Promise.all([world.client.generateText(ask), world.client.generateText(ask)])
    await world.client.generateText(ask)
    expect(pathsOf(world.emulator).filter((path) => path.endsWith('/files'))).toHaveLength(1)
    expect(await world.client.deleteUploads()).toEqual({ deleted: 1 })
    expect(pathsOf(world.emulator).filter((path) => path.endsWith('/delete'))).toHaveLength(1)
  })

  test("are deleted after the answer with uploads: 'delete'", async () => {
    await using world = await startBoth()
    await world.client.generateText({ ...ask, uploads: 'delete' })
    expect(pathsOf(world.emulator).map((path) => path.replace(/files\/[^/]+/, 'files/id'))).toEqual([
      'POST /v1/files',
      'POST /v1/chat/completions',
      'POST /v1/files/id/delete',
    ])
  })

  test('are deleted after a failure', async () => {
    await using world = await startBoth()
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 500, times: 5 })
    const error = await caught(world.client.generateText(ask))
    expect(error).toMatchObject({ name: 'ServerError' })
    expect(pathsOf(world.emulator).at(-1)).toMatch(/\/files\/[^/]+\/delete$/)
  })
})

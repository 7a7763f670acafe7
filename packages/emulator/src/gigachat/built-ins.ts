import { drawJpeg } from '../answers/draw-jpeg.ts'
import type { Exchange } from '../exchange.ts'
import type { StoredFile } from './file-store.ts'

const asksForPicture =
  /нарису|(?:сгенерируй|создай|сделай|покажи)\P{L}(?:.*\P{L})?(?:картин|изображени|рисун|иллюстраци|логотип|иконк)|(?<!\p{L})draw(?!\p{L})|(?:create|generate|make)\b.*\b(?:image|picture|icon|logo)/iu
const asksForModel = /3d|3д|тр[её]хмерн/iu

/** What the prompt asks to be made, if anything. */
export function askedCreation(prompt: string): 'image' | 'model3d' | undefined {
  if (asksForModel.test(prompt)) return 'model3d'
  return asksForPicture.test(prompt) ? 'image' : undefined
}

/** Draws a JPEG for the prompt and keeps it for the client of the request. */
export function makeImage(exchange: Exchange, prompt: string): StoredFile {
  return exchange.state.gigachat.files.add({
    content: drawJpeg(prompt),
    filename: 'image.jpg',
    mime: 'image/jpeg',
    purpose: 'general',
    modality: 'image',
    owner: exchange.headers.get('x-client-id'),
  })
}

/** Keeps the head of an FBX file, without a model in it, for the client of the request. */
export function makeModel3d(exchange: Exchange): StoredFile {
  const version = Buffer.alloc(4)
  version.writeUInt32LE(7400)
  return exchange.state.gigachat.files.add({
    content: Buffer.concat([Buffer.from('Kaydara FBX Binary  \0\u001A\0', 'latin1'), version]),
    filename: 'model.fbx',
    mime: 'application/octet-stream',
    purpose: 'general',
    owner: exchange.headers.get('x-client-id'),
  })
}

/** «розового кота» of «Нарисуй розового кота». */
export function pictured(prompt: string): string {
  const said = /(?:нарисуй(?:те)?|изобрази(?:те)?|draw)\s+([^.!?\n]{1,80})/iu.exec(prompt)?.[1]
  return (said ?? prompt)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 80)
    .replace(/[.!?…]+$/u, '')
}

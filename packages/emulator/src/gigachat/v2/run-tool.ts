import { randomUUID } from 'node:crypto'
import { cutPieces } from '../../answers/compose-answer.ts'
import type { Exchange } from '../../exchange.ts'
import { askedCreation, makeImage, makeModel3d, pictured } from '../built-ins.ts'
import type { StoredFile } from '../file-store.ts'
import { writeFormatted } from '../response-format.ts'
import type { ChatAnswerV2 } from './chat-v2-answer.ts'
import type { ChatRequestV2 } from './chat-v2-request.ts'

/** What a tool of the service adds to an answer. */
export type ToolReply = Pick<
  ChatAnswerV2,
  'pieces' | 'finishReason' | 'calls' | 'stateId' | 'files' | 'inlineData' | 'ranTool'
>

const asksToSearch = /\?|найди|поищи|новост|последн|сейчас|актуальн|search|latest|news|find out/iu
const asksToCompute = /код|посчитай|вычисли|рассчитай|calculate|compute|code/iu
const addressPattern = /https?:\/\/[^\s"'<>]*[^\s"'<>).,;:!?]/

/** The listed tool that creates what the prompt asks for, or that is forced. It goes before the user's functions. */
export function chooseCreator({ tools, toolConfig }: ChatRequestV2, prompt: string): string | undefined {
  if (toolConfig.mode === 'none' || toolConfig.functionName !== undefined) return undefined
  if (toolConfig.toolName !== undefined) return toolConfig.toolName
  const asked = askedCreation(prompt)
  const id = asked === 'image' ? 'image_generate' : asked === 'model3d' ? 'model_3d_generate' : ''
  return tools.includes(id) ? id : undefined
}

/** The listed tool that finds out what the prompt asks for. It goes after the user's functions. */
export function chooseFinder({ tools, toolConfig }: ChatRequestV2, prompt: string): string | undefined {
  if (toolConfig.mode !== 'auto') return undefined
  if (tools.includes('url_content_extraction') && addressPattern.test(prompt)) return 'url_content_extraction'
  if (tools.includes('web_search') && asksToSearch.test(prompt)) return 'web_search'
  return tools.includes('code_interpreter') && asksToCompute.test(prompt) ? 'code_interpreter' : undefined
}

/** Runs a tool of the service as far as the emulator can: it draws, and otherwise speaks of what it was asked. */
export function runTool(exchange: Exchange, id: string, request: ChatRequestV2, prompt: string): ToolReply {
  const base = { finishReason: 'stop', calls: [], stateId: randomUUID(), ranTool: id } as const
  const subject = prompt.replace(/\s+/g, ' ').trim().slice(0, 120)
  const isRussian = /[а-яё]/iu.test(prompt)
  switch (id) {
    case 'image_generate':
      return {
        ...base,
        ...said(
          isRussian ? `Готово, на рисунке: ${pictured(prompt)}.` : `Done, the picture shows: ${pictured(prompt)}.`,
        ),
        files: [describe(makeImage(exchange, prompt), 'image')],
      }
    case 'model_3d_generate':
      return {
        ...base,
        ...said(isRussian ? 'Трёхмерная модель готова.' : 'The model is ready.'),
        files: [describe(makeModel3d(exchange), '3dmodel')],
      }
    case 'web_search': {
      const text = isRussian
        ? `По запросу «${subject}» найдены две страницы [sources=[1]]. Эмулятор их не читает [sources=[2]].`
        : `Two pages were found for “${subject}” [sources=[1]]. The emulator does not read them [sources=[2]].`
      return {
        ...base,
        ...said(formatted(request, prompt) ?? text),
        inlineData: { images: [], sources: sourcesOf(subject) },
      }
    }
    case 'url_content_extraction': {
      const address = addressPattern.exec(prompt)?.[0] ?? subject
      const text = isRussian
        ? `Страница ${address} получена. Эмулятор её содержания не знает.`
        : `The page ${address} has been read. The emulator does not know what it says.`
      return { ...base, ...said(formatted(request, prompt) ?? text) }
    }
    default: {
      const text = isRussian ? `Инструмент ${id} выполнил запрос «${subject}».` : `The tool ${id} did “${subject}”.`
      return { ...base, ...said(formatted(request, prompt) ?? text) }
    }
  }
}

function formatted({ responseFormat }: ChatRequestV2, prompt: string): string | undefined {
  return responseFormat === undefined ? undefined : writeFormatted(responseFormat, prompt)
}

function said(text: string): { readonly pieces: readonly string[] } {
  return { pieces: cutPieces(text, 'gigachat') }
}

function describe({ id, mime }: StoredFile, target: string): { id: string; mime: string; target: string } {
  return { id, mime, target }
}

/** Sources by number, as the marks in the text have them. */
function sourcesOf(subject: string): object {
  const query = encodeURIComponent(subject)
  return {
    1: { url: `https://example.ru/search?q=${query}`, title: `Страницы о том, что спрошено: ${subject}` },
    2: { url: 'https://example.ru/emulator', title: 'Эмулятор GigaChat' },
  }
}

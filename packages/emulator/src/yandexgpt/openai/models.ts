import type { Answer } from '../../answer.ts'
import type { Exchange } from '../../exchange.ts'
import { pause } from '../../pace.ts'
import { authoriseOpenAi } from './authorise-open-ai.ts'
import { modelCatalogue } from './model-catalogue.ts'

/** `GET /v1/models`: URIs ready to use, with the maker of each model. `created` is always 0. @throws Complaint */
export async function answerModels(exchange: Exchange): Promise<Answer> {
  const folderId = authoriseOpenAi(exchange)
  const { options } = exchange.state
  await pause(exchange.draw(options.pace.serviceMs), exchange.signal)
  const listed = modelCatalogue
    .filter(({ retired }) => !retired)
    .flatMap(({ scheme, name, maker, listed: branches }) =>
      branches.map((branch) => ({ path: `${name}/${branch}`, scheme, maker })),
    )
  const own = options.yandexgpt.models.map((path) => ({ path, ...baseOf(path) }))
  const paths = new Set(listed.map(({ path }) => path))
  const data = [...listed, ...own.filter(({ path }) => !paths.has(path))].map(({ path, scheme, maker }) => ({
    id: `${scheme}://${folderId}/${path}`,
    object: 'model',
    owned_by: maker,
    created: 0,
  }))
  return { status: 200, contentType: 'application/json', body: JSON.stringify({ object: 'list', data }) }
}

/** What a tuned model was made from. */
function baseOf(path: string): { readonly scheme: string; readonly maker: string } {
  const name = path.split(/[/@]/)[0]
  const { scheme, maker } = modelCatalogue.find((model) => model.name === name) ?? { scheme: 'gpt', maker: 'Yandex' }
  return { scheme, maker }
}

// What the types promise of a client of both services, checked by the compiler alone: this file is never run.
import { createClient } from '@shlyuz/core'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'

const client = createClient({
  providers: [gigachat(), yandexgpt(), gigachat({ name: 'second', credentials: 'a2V5' })],
})
type Model = NonNullable<Parameters<typeof client.generateText>[0]['model']>

// Known models complete: were a name inferred as `string`, every id would be of both providers.
type Known = Extract<Model, 'gigachat/GigaChat-2-Max' | 'yandexgpt/yandexgpt-5.1' | 'second/GigaChat-2'>
export const known: readonly Known[] = ['gigachat/GigaChat-2-Max', 'yandexgpt/yandexgpt-5.1', 'second/GigaChat-2']
// @ts-expect-error -- no model of this provider, so it is not among the known ones
export const foreign: Extract<Model, `yandexgpt/GigaChat-2`> = 'yandexgpt/GigaChat-2'

// Each provider has operations of its own, typed.
export const tokens: Promise<readonly { readonly text: string }[]> = client
  .provider('yandexgpt')
  .tokenize({ model: 'yandexgpt-5.1', text: 'Байкал' })
  .then(({ data }) => data.tokens)
// @ts-expect-error -- an input that the operation does not know
void client.provider('yandexgpt').tokenize({ model: 'yandexgpt-5.1', words: 'Байкал' })
// @ts-expect-error -- an operation of the other service
void client.provider('yandexgpt').balance()

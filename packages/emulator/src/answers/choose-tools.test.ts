import { describe, expect, it } from 'vitest'
import { chooseTools } from './choose-tools.ts'

const parameters = (properties: object, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
})
const weather = {
  name: 'get_weather',
  description: 'Погода в городе',
  parameters: parameters({ city: { type: 'string' }, unit: { enum: ['celsius', 'fahrenheit'] } }, ['city']),
}
const order = {
  name: 'getOrderStatus',
  description: 'Get delivery status for an order.',
  parameters: parameters({ order_id: { type: 'string' } }),
}
const calculator = {
  name: 'calculator',
  description: 'Вычисляет выражение',
  parameters: parameters({ expression: { type: 'string' } }),
}
const tools = [order, weather, calculator]

describe('chooseTools', () => {
  it.each([
    ['Какая погода в Казани?', 'get_weather', { city: 'Казань' }],
    ['What is the weather in London?', 'get_weather', { city: 'London' }],
    ['Где мой заказ A-1024?', 'getOrderStatus', { order_id: 'A-1024' }],
    ['Сколько будет 17 * (3 + 4)?', 'calculator', { expression: '17 * (3 + 4)' }],
  ])('%s', (prompt, name, args) => {
    expect(chooseTools(prompt, tools, { limit: 1 })).toEqual([{ name, arguments: args }])
  })

  it('calls a tool for each name, and no more often than the limit', () => {
    const prompt = 'Сравни погоду в Казани, Москве и Перми'
    expect(chooseTools(prompt, tools, { limit: 5 }).map((call) => call.arguments['city'])).toEqual([
      'Казань',
      'Москва',
      'Пермь',
    ])
    expect(chooseTools(prompt, tools, { limit: 2 })).toHaveLength(2)
    expect(chooseTools(prompt, tools, { limit: 0 })).toEqual([])
  })

  it('calls several tools that the prompt speaks of', () => {
    const calls = chooseTools('Какая погода в Перми и каков статус заказа B-77?', tools, { limit: 5 })
    expect(new Set(calls.map(({ name }) => name))).toEqual(new Set(['get_weather', 'getOrderStatus']))
  })

  it('calls nothing when nothing meets, unless forced', () => {
    expect(chooseTools('Расскажи анекдот', tools, { limit: 3 })).toEqual([])
    expect(chooseTools('Расскажи анекдот', [weather], { limit: 1, force: true })).toEqual([
      { name: 'get_weather', arguments: { city: 'Москва' } },
    ])
    expect(chooseTools('Пинг', [{ name: 'ping' }], { limit: 1, force: true })).toEqual([
      { name: 'ping', arguments: {} },
    ])
    expect(chooseTools('Пинг', [], { limit: 1, force: true })).toEqual([])
  })
})

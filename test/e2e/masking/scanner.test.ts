import { expect, test } from 'vitest'
import { inn, passport, person, phone } from './made-up.ts'
import { expectConcealed, expectNothingPersonal, findPersonal, personal, startWorld, textsOf } from './world.ts'

test.each<[string, unknown]>([
  ['a text', { messages: [{ content: `Звонил ${person}` }] }],
  ['a name', { [person]: 1 }],
  ['a number', { list: [Number(inn)] }],
  ['JSON inside of a text', { arguments: JSON.stringify({ passport: passport.replace(' ', '') }) }],
  ['lines of JSON', `{"a":1}\n{"b":${JSON.stringify(person)}}\n`],
  ['a URL', `/files?name=${encodeURIComponent(person)}`],
  ['another spelling', phone.replace('916', '(916)').toUpperCase()],
  ['bytes of UTF-8 read as Latin-1', Buffer.from(person).toString('latin1')],
])('personal data is found in %s', (_where, body) => {
  expect(findPersonal(textsOf(body))).toHaveLength(1)
})

test('a call that masks nothing is caught', async () => {
  await using world = await startWorld({ policy: personal('report') })
  await world.client.generateText({ model: 'gigachat/GigaChat-2-Max', prompt: person })
  expect(() => expectNothingPersonal(world.emulator)).toThrow('/chat/completions holds something personal')
})

test('an error that tells is caught', () => {
  expect(() => expectConcealed(new Error('outer', { cause: new Error(person) }))).toThrow('примеров')
  expect(() => expectConcealed(Object.assign(new Error('with a field'), { phone }))).toThrow('9160000001')
})

import { expect, test } from 'vitest'
import { CallScope } from './call-scope.ts'
import { DeadlineWheel } from './deadline-wheel.ts'
import { OpenScopes } from './open-scopes.ts'

const wheel = new DeadlineWheel()
const open = (): CallScope => new CallScope({ wheel, limitMs: 1_000 })

test('calls enter and leave in any order, and those that are left can be ended', () => {
  const scopes = new OpenScopes()
  const all = [open(), open(), open(), open()] as const
  for (const scope of all) scopes.add(scope)
  scopes.delete(all[1])
  scopes.delete(all[1])
  scopes.delete(all[3])
  scopes.delete(open())
  expect(scopes.size).toBe(2)
  let count = 0
  scopes.fail(() => ++count)
  expect(all.map(({ reason }) => reason)).toEqual([1, undefined, 2, undefined])
  scopes.delete(all[2])
  scopes.delete(all[0])
  expect(scopes.size).toBe(0)
  wheel.stop()
})

test('a scope ends all that runs in it, also what came when another had left', () => {
  const scope = open()
  const failed: string[] = []
  const run = (name: string) => ({ fail: (reason: unknown) => void failed.push(`${name} ${String(reason)}`) })
  const [a, b, c, d] = [run('a'), run('b'), run('c'), run('d')] as const
  scope.add(a)
  scope.add(b)
  scope.add(c)
  scope.remove(a)
  scope.remove(b)
  scope.remove(b)
  scope.add(d)
  scope.fail('over')
  expect(failed.toSorted()).toEqual(['c over', 'd over'])
  wheel.stop()
})

import { describe, expect, test } from 'vitest'
import { lookUpFirstName } from './name-forms.ts'

describe('lookUpFirstName', () => {
  test.each([
    'анна анны анне анну анной анною',
    'мария марии марию марией',
    'петр петра петру петром петре',
    'лев льва льву львом льве',
    'павел павла павлу павлом',
    'андрей андрея андрею андреем андрее',
    'любовь любви любовью',
    'игорь игоря игорю игорем игоре',
    'илья ильи илье илью ильей',
    'саша саши саше сашу сашей',
    'айгуль тигран фатимы гузели',
  ])('knows the forms %s', (forms) => {
    expect(forms.split(' ').filter((form) => lookUpFirstName(form) === undefined)).toEqual([])
  })

  test('tells common words and names of towns from names', () => {
    expect([lookUpFirstName('анна'), lookUpFirstName('вера'), lookUpFirstName('владимир')]).toEqual([
      'name',
      'common word',
      'ambiguous',
    ])
    expect(lookUpFirstName('стол')).toBeUndefined()
  })
})

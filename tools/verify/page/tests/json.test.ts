import { expect, test } from 'vitest'
import { attempt, refused } from '../src/bytes'
import { dump, equal, Fields, object, parseJson, RECORD, STATEMENT } from '../src/json'

const refuses = (text: string, limits = RECORD): boolean => refused(attempt(() => parseJson(text, limits)))

test('what is accepted is written back byte for byte', () => {
  for (const text of ['null', 'true', '-1', '0', '9007199254740991', '"a"', '[]', '{}', '{"b":1,"a":[{"2":0,"1":"烽"}]}', '"\\u0001\\n\\"\\\\\\u007f"'])
    expect(dump(parseJson(text))).toBe(text)
  expect(parseJson('"\\ud83d\\udd25\\/\\u00e9"')).toBe('\u{1f525}/é')
})

test('what has a second reading is refused', () => {
  for (const text of [
    '', ' ', '{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '1.0', '1e3', '-0', '01', '9007199254740992', '-9007199254740992', '+1', 'NaN', '[1,]', '{"a":1,}', "{'a':1}", '{a:1}', '"\t"',
    '"\\x"', '"\\ud800"', '"\\udc00"', '"\\ud800\\u0041"', '"\\u12"', '[1 2]', '{"a" 1}', '1 2', '"abc', '[', '{', '{"a":', 'tru', '[1]\n', '\ufeff1', '\u00a01',
  ])
    expect(refuses(text), text).toBe(true)
  expect(refuses('[1]\n', STATEMENT)).toBe(false)
})

test('depth and size are bounded', () => {
  const nested = (n: number): string => '['.repeat(n) + ']'.repeat(n)
  expect(refuses(nested(16))).toBe(false)
  expect(refuses(nested(17))).toBe(true)
  expect(refuses(nested(32), STATEMENT)).toBe(false)
  expect(refuses(`"${'é'.repeat(32_766)}"`)).toBe(false)
  expect(refuses(`"${'é'.repeat(32_767)}"`)).toBe(true)
})

test('equality asks for the same order of keys', () => {
  expect(equal(parseJson('{"a":1,"b":[2]}'), object(['a', 1], ['b', [2]]))).toBe(true)
  expect(equal(parseJson('{"a":1,"b":[2]}'), parseJson('{"b":[2],"a":1}'))).toBe(false)
  expect(equal(parseJson('[1,2]'), parseJson('[1,2,3]'))).toBe(false)
  expect(equal(null, false)).toBe(false)
})

test('fields that are missing, of another kind or outside their range are refused by name', () => {
  const f = new Fields(parseJson('{"n":5,"s":"é","a":["x",1]}'), 'thing')
  expect(f.integer('n', 5, 5)).toBe(5)
  expect(f.text('s', 2)).toBe('é')
  const wrongs: (() => unknown)[] = [() => f.integer('n', 6, 9), () => f.integer('s', 0, 9), () => f.text('s', 1), () => f.text('x'), () => f.texts('a', 9), () => f.array('a', 1), () => f.object('a')]
  for (const wrong of wrongs) expect(refused(attempt(wrong))).toBe(true)
})

import { expect, test } from 'vitest'
import { attempt, base64, byBytes, byteLength, encode, fromBase64, hex, refused, utf8 } from '../src/bytes'
import { dayOf, dayText, parseDay, rfc3339, startOf, weekday } from '../src/time'

const refuses = (f: () => unknown): boolean => refused(attempt(f))

test('base64 has one spelling (RFC 4648 section 10, and its neighbours)', () => {
  const vectors: [string, string][] = [['', ''], ['f', 'Zg=='], ['fo', 'Zm8='], ['foo', 'Zm9v'], ['foob', 'Zm9vYg=='], ['fooba', 'Zm9vYmE='], ['foobar', 'Zm9vYmFy']]
  for (const [plain, text] of vectors) {
    expect(base64(encode(plain))).toBe(text)
    expect(utf8(fromBase64(text))).toBe(plain)
  }
  for (const wrong of ['Zg', 'Zg=', 'Zh==', 'Zm9=', 'Zm9v\n', ' Zm9v', 'Zg==Zg==', 'Z===', '====', 'Zm-v', 'Zm9\u00e9']) expect(refuses(() => fromBase64(wrong)), wrong).toBe(true)
})

test('text is UTF-8 or nothing', () => {
  for (const wrong of [[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff], [0xe2, 0x82]]) expect(refuses(() => utf8(Uint8Array.from(wrong)))).toBe(true)
  expect(utf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa')
  for (const s of ['', 'abc', 'é', '烽燧', '\u{1f525}', 'a\u{10ffff}é']) expect(byteLength(s)).toBe(encode(s).length)
})

test('strings are ordered by their bytes, as in every other reader', () => {
  const words = ['', 'a', 'ab', 'b', 'é', '烽', '\ue000', '\uffff', '\u{10000}', '\u{1f525}']
  for (const a of words)
    for (const b of words) {
      const want = hex(encode(a)) < hex(encode(b)) ? -1 : a === b ? 0 : 1
      expect(Math.sign(byBytes(a, b)), `${a} ${b}`).toBe(want)
    }
})

test('days are those of UTC+08:00', () => {
  expect(dayText(dayOf(Date.UTC(2026, 10, 24, 15, 59, 59)))).toBe('2026-11-24')
  expect(dayText(dayOf(Date.UTC(2026, 10, 24, 16)))).toBe('2026-11-25')
  expect(startOf(parseDay('2026-11-25')!)).toBe(Date.UTC(2026, 10, 24, 16))
  expect(weekday(parseDay('2026-11-25')!)).toBe(3)
  expect(parseDay('2028-02-29')).toBeDefined()
  for (const wrong of ['2026-02-29', '2026-13-01', '2026-1-1', '2026-11-24 ', '']) expect(parseDay(wrong)).toBeUndefined()
  expect(rfc3339(Date.UTC(2026, 10, 24, 0, 0, 0, 123))).toBe('2026-11-24T08:00:00.123+08:00')
  for (let d = 0; d < 2_900_000; d += 997) expect(dayText(d)).toBe(new Date(d * 86_400_000).toISOString().replace(/T.*/, '').replace(/^\+00/, ''))
})

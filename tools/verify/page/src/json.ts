// The JSON of evidence: RFC 8259 narrowed until equal bytes have one reading. Integers only, |x| < 2^53, no -0, no duplicate keys,
// bounded depth and size, UTF-8. JSON.parse accepts more, and two readers that disagree about a signed line would be two truths.
import { byteLength, refuse } from './bytes'

export type Json = null | boolean | number | string | Json[] | JsonObject
export type JsonObject = Map<string, Json> // keeps the order of the keys; a plain object would move "1" before "a"

export interface JsonLimits {
  maxBytes: number
  maxDepth: number
  oneLine: boolean
}
export const RECORD: JsonLimits = { maxBytes: 65_535, maxDepth: 16, oneLine: true }
export const STATEMENT: JsonLimits = { maxBytes: 16 << 20, maxDepth: 32, oneLine: false }
export const MAX_INTEGER = 2 ** 53 - 1

const QUOTE = 34
const BACKSLASH = 92

class Parser {
  private at = 0
  constructor(
    private readonly text: string,
    private readonly limits: JsonLimits,
  ) {}

  run(): Json {
    this.space()
    const out = this.value(0)
    this.space()
    if (this.at !== this.text.length) this.bad('bytes after the value')
    return out
  }

  private bad(what: string): never {
    return refuse(`JSON: ${what} at character ${this.at}`)
  }
  private space(): void {
    for (;;) {
      const c = this.text.charCodeAt(this.at)
      if (c === 32 || c === 9 || (!this.limits.oneLine && (c === 10 || c === 13))) ++this.at
      else return
    }
  }
  private value(depth: number): Json {
    const c = this.text[this.at]
    if (c === undefined) return this.bad('ends where a value is expected')
    if ((c === '{' || c === '[') && depth >= this.limits.maxDepth) return refuse(`JSON: nesting above ${this.limits.maxDepth}`)
    if (c === '{') return this.object(depth)
    if (c === '[') return this.array(depth)
    if (c === '"') return this.string()
    if (c === 't') return this.literal('true', true)
    if (c === 'f') return this.literal('false', false)
    if (c === 'n') return this.literal('null', null)
    return this.number()
  }
  private literal<T extends Json>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) return this.bad('unknown literal')
    this.at += word.length
    return value
  }
  private number(): number {
    const negative = this.text[this.at] === '-'
    if (negative) ++this.at
    const start = this.at
    let n = 0
    for (;;) {
      const d = this.text.charCodeAt(this.at) - 48
      if (!(d >= 0 && d <= 9)) break
      n = n * 10 + d
      if (n > MAX_INTEGER) return this.bad('an integer of 2^53 or more')
      ++this.at
    }
    if (this.at === start) return this.bad('not a value')
    if (this.text[start] === '0' && this.at - start > 1) return this.bad('a number with a leading zero')
    if (negative && n === 0) return this.bad('a negative zero')
    if ('.eE'.includes(this.text[this.at] ?? ' ')) return this.bad('a number that is not an integer')
    return negative ? -n : n
  }
  private hex4(): number {
    const digits = this.text.slice(this.at, this.at + 4)
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) return this.bad('an escape that is not four hexadecimal digits')
    this.at += 4
    return parseInt(digits, 16)
  }
  private escape(): string {
    const c = this.text[this.at++]
    const plain = c === undefined ? -1 : '"\\/bfnrt'.indexOf(c)
    if (plain >= 0) return '"\\/\b\f\n\r\t'[plain]!
    if (c !== 'u') return this.bad('an unknown escape')
    const high = this.hex4()
    if (high >= 0xdc00 && high <= 0xdfff) return this.bad('a lone surrogate')
    if (high < 0xd800 || high > 0xdbff) return String.fromCharCode(high)
    if (!this.text.startsWith('\\u', this.at)) return this.bad('a lone surrogate')
    this.at += 2
    const low = this.hex4()
    if (low < 0xdc00 || low > 0xdfff) return this.bad('a lone surrogate')
    return String.fromCharCode(high, low)
  }
  private string(): string {
    ++this.at
    let out = ''
    for (;;) {
      const start = this.at
      let c = this.text.charCodeAt(this.at)
      while (c >= 32 && c !== QUOTE && c !== BACKSLASH) c = this.text.charCodeAt(++this.at)
      out += this.text.slice(start, this.at)
      if (Number.isNaN(c)) return this.bad('ends inside a string')
      if (c < 32) return this.bad('a control character in a string')
      ++this.at
      if (c === QUOTE) return out
      out += this.escape()
    }
  }
  private array(depth: number): Json[] {
    ++this.at
    const items: Json[] = []
    this.space()
    if (this.text[this.at] === ']') {
      ++this.at
      return items
    }
    for (;;) {
      this.space()
      items.push(this.value(depth + 1))
      this.space()
      const c = this.text[this.at++]
      if (c === ']') return items
      if (c !== ',') return this.bad("neither ',' nor ']'")
    }
  }
  private object(depth: number): JsonObject {
    ++this.at
    const members: JsonObject = new Map()
    this.space()
    if (this.text[this.at] === '}') {
      ++this.at
      return members
    }
    for (;;) {
      this.space()
      if (this.text[this.at] !== '"') return this.bad('a key that is not a string')
      const key = this.string()
      if (members.has(key)) return this.bad('a duplicate key')
      this.space()
      if (this.text[this.at] !== ':') return this.bad("no ':' after a key")
      ++this.at
      this.space()
      members.set(key, this.value(depth + 1))
      this.space()
      const c = this.text[this.at++]
      if (c === '}') return members
      if (c !== ',') return this.bad("neither ',' nor '}'")
    }
  }
}

export function parseJson(text: string, limits: JsonLimits = RECORD): Json {
  if (text.length > limits.maxBytes || byteLength(text) > limits.maxBytes) return refuse(`JSON above ${limits.maxBytes} bytes`)
  return new Parser(text, limits).run()
}

function dumpString(s: string): string {
  // eslint-disable-next-line no-control-regex
  const escaped = s.replace(/["\\\u0000-\u001f\u007f]/g, (c) => {
    if (c === '"' || c === '\\') return '\\' + c
    if (c === '\n') return '\\n'
    if (c === '\t') return '\\t'
    if (c === '\r') return '\\r'
    return '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0')
  })
  return `"${escaped}"`
}
// One line, no spaces, keys in their order, as every signer of evidence writes it.
export function dump(v: Json): string {
  if (v === null) return 'null'
  if (typeof v === 'string') return dumpString(v)
  if (Array.isArray(v)) return `[${v.map(dump).join(',')}]`
  if (v instanceof Map) return `{${[...v].map(([k, x]) => `${dumpString(k)}:${dump(x)}`).join(',')}}`
  return String(v)
}

// Order of keys counts: equal values have one spelling.
export function equal(a: Json, b: Json): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((x, i) => equal(x, b[i]!))
  if (a instanceof Map) {
    if (!(b instanceof Map) || a.size !== b.size) return false
    const other = b.entries()
    for (const [k, v] of a) {
      const [k2, v2] = other.next().value!
      if (k !== k2 || !equal(v, v2)) return false
    }
    return true
  }
  return a === b
}

export const object = (...members: [string, Json][]): JsonObject => new Map(members)

// Reading without refusing: what is absent or of another kind is empty.
export const find = (v: Json | undefined, key: string): Json | undefined => (v instanceof Map ? v.get(key) : undefined)
export function text(v: Json | undefined, key: string): string {
  const s = find(v, key)
  return typeof s === 'string' ? s : ''
}
export function number(v: Json | undefined, key: string, fallback = 0): number {
  const n = find(v, key)
  return typeof n === 'number' ? n : fallback
}
export const flag = (v: Json | undefined, key: string): boolean => find(v, key) === true
export function list(v: Json | undefined, key: string): Json[] {
  const a = find(v, key)
  return Array.isArray(a) ? a : []
}

// Reading that refuses: the members of an object which must be there and of the right kind.
export class Fields {
  constructor(
    private readonly of: Json,
    private readonly thing: string,
  ) {}
  fail(key: string, why: string): never {
    return refuse(`${this.thing}: '${key}' ${why}`)
  }
  private need(key: string): void {
    if (find(this.of, key) === undefined) this.fail(key, 'is missing')
  }
  text(key: string, max = 4096): string {
    this.need(key)
    return this.textOr(key, max)
  }
  textOr(key: string, max = 4096): string {
    const v = find(this.of, key)
    if (v === undefined) return ''
    if (typeof v !== 'string') return this.fail(key, 'is not a string')
    if (v.length > max || byteLength(v) > max) return this.fail(key, `is longer than ${max} bytes`)
    return v
  }
  integer(key: string, min: number, max: number): number {
    this.need(key)
    return this.integerOr(key, min, min, max)
  }
  integerOr(key: string, fallback: number, min: number, max: number): number {
    const v = find(this.of, key)
    if (v === undefined) return fallback
    if (typeof v !== 'number') return this.fail(key, 'is not an integer')
    if (v < min || v > max) return this.fail(key, `is outside ${min}..${max}`)
    return v
  }
  object(key: string): JsonObject {
    const v = find(this.of, key)
    return v instanceof Map ? v : this.fail(key, 'is missing or not an object')
  }
  array(key: string, max: number): Json[] {
    this.need(key)
    return this.arrayOr(key, max)
  }
  arrayOr(key: string, max: number): Json[] {
    const v = find(this.of, key)
    if (v === undefined) return []
    if (!Array.isArray(v)) return this.fail(key, 'is not an array')
    if (v.length > max) return this.fail(key, `has more than ${max} items`)
    return v
  }
  texts(key: string, max: number): string[] {
    return this.arrayOr(key, max).map((s) => (typeof s === 'string' ? s : this.fail(key, 'holds something that is not a string')))
  }
}

// Bytes and text. Everything here is strict: one spelling of each value, and a Refusal where the input has another.

// What untrusted bytes do when they are not what they must be. Any other exception is a fault of this program.
export class Refusal extends Error {}

export function refuse(what: string): never {
  throw new Refusal(what)
}

// The value, or the refusal.
export function attempt<T>(f: () => T): T | Refusal {
  try {
    return f()
  } catch (e) {
    if (e instanceof Refusal) return e
    throw e
  }
}
export const refused = <T>(v: T | Refusal): v is Refusal => v instanceof Refusal

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

// Well-formed UTF-8 only (RFC 3629).
export function utf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    return refuse('not UTF-8')
  }
}
export const encode = (text: string): Uint8Array => encoder.encode(text)

// Length in UTF-8.
export function byteLength(text: string): number {
  let n = text.length
  for (let i = 0; i < text.length; ++i) {
    const c = text.charCodeAt(i)
    if (c >= 0x800) n += c >= 0xd800 && c <= 0xdfff ? 1 : 2
    else if (c >= 0x80) n += 1
  }
  return n
}

// The order of the UTF-8 bytes, which is the order of code points and not of UTF-16.
export function byBytes(a: string, b: string): number {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; ++i) {
    let x = a.charCodeAt(i)
    let y = b.charCodeAt(i)
    if (x === y) continue
    if (x >= 0xd800 && y >= 0xd800) {
      x = x >= 0xe000 ? x - 0x800 : x + 0x2000
      y = y >= 0xe000 ? y - 0x800 : y + 0x2000
    }
    return x < y ? -1 : 1
  }
  return a.length - b.length
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const p of parts) {
    out.set(p, at)
    at += p.length
  }
  return out
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; ++i) if (a[i] !== b[i]) return false
  return true
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))
export function hex(bytes: Uint8Array): string {
  let out = ''
  for (const b of bytes) out += HEX[b]
  return out
}
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return refuse('not hexadecimal')
  const out = new Uint8Array(text.length / 2)
  for (let i = 0; i < out.length; ++i) out[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return out
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES = new Int8Array(128).fill(-1)
for (let i = 0; i < 64; ++i) VALUES[ALPHABET.charCodeAt(i)] = i

// RFC 4648 section 4 with padding.
export function base64(bytes: Uint8Array): string {
  const parts: string[] = []
  for (let i = 0; i < bytes.length; i += 3) {
    const n = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    const left = bytes.length - i
    parts.push(
      ALPHABET[n >> 18]! + ALPHABET[(n >> 12) & 63]! + (left > 1 ? ALPHABET[(n >> 6) & 63]! : '=') + (left > 2 ? ALPHABET[n & 63]! : '='),
    )
  }
  return parts.join('')
}

// Padding required, no white space, unused bits zero.
export function fromBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0) return refuse('not base64')
  const pad = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const out = new Uint8Array((text.length / 4) * 3 - pad)
  let at = 0
  for (let i = 0; i < text.length; i += 4) {
    let n = 0
    const digits = i + 4 === text.length ? 4 - pad : 4
    for (let k = 0; k < 4; ++k) {
      const c = text.charCodeAt(i + k)
      const v = k < digits ? (c < 128 ? VALUES[c]! : -1) : 0
      if (v < 0) return refuse('not base64')
      n = (n << 6) | v
    }
    if ((digits === 3 && (n & 0xff) !== 0) || (digits === 2 && (n & 0xffff) !== 0)) return refuse('not base64')
    if (at < out.length) out[at++] = n >> 16
    if (at < out.length) out[at++] = (n >> 8) & 0xff
    if (at < out.length) out[at++] = n & 0xff
  }
  return out
}

// Ed25519 (RFC 8032), verification only. Decisions are those of libsodium: no small-order or non-canonical keys, S below the order,
// and R recomputed byte for byte. WebCrypto checks in bulk beforehand where the browser has it; the group arithmetic of @noble/curves
// is the way without it, and for whatever was not foreseen.
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concat, encode, hex, same } from './bytes'

export interface SignatureClaim {
  key: Uint8Array
  message: string
  signature: Uint8Array
}

// Encodings of the eight points of small order with the sign bit cleared; two of them are not canonical either.
const SMALL_ORDER = new Set([
  '00'.repeat(32),
  '01' + '00'.repeat(31),
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ec' + 'ff'.repeat(30) + '7f',
  'ed' + 'ff'.repeat(30) + '7f',
  'ee' + 'ff'.repeat(30) + '7f',
])
function smallOrder(point: Uint8Array): boolean {
  const cleared = point.slice()
  cleared[31]! &= 0x7f
  return SMALL_ORDER.has(hex(cleared))
}
function canonical(point: Uint8Array): boolean {
  if ((point[31]! & 0x7f) !== 0x7f) return true
  for (let i = 1; i < 31; ++i) if (point[i] !== 0xff) return true
  return point[0]! < 0xed
}
function wellFormed(key: Uint8Array, signature: Uint8Array): boolean {
  return key.length === 32 && signature.length === 64 && canonical(key) && !smallOrder(key) && !smallOrder(signature.subarray(0, 32))
}

const little = (bytes: Uint8Array): bigint => BigInt('0x' + hex(bytes.slice().reverse()))

function verifyByGroup(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const { Point } = ed25519
  const order = Point.Fn.ORDER
  const r = signature.subarray(0, 32)
  const s = little(signature.subarray(32))
  if (s >= order) return false
  try {
    const a = Point.fromBytes(key, false)
    const k = little(sha512(concat(r, key, message))) % order
    return same(Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k)).toBytes(), r)
  } catch {
    return false // not a point
  }
}

const subtle = (): SubtleCrypto | undefined => globalThis.crypto?.subtle

// Whether this browser's WebCrypto knows Ed25519: asked by a signature of RFC 8032, section 7.1, test 1.
export async function webCryptoWorks(): Promise<boolean> {
  const s = subtle()
  if (!s) return false
  try {
    const raw = (text: string): Uint8Array => Uint8Array.from(text.match(/../g)!, (b) => parseInt(b, 16))
    const key = raw('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
    const signature = raw(
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    )
    const k = await s.importKey('raw', key as BufferSource, 'Ed25519', false, ['verify'])
    return await s.verify('Ed25519', k, signature as BufferSource, new Uint8Array())
  } catch {
    return false
  }
}

// Answers about signatures. One per verification; not shared between threads.
export class Signatures {
  private readonly known = new Map<string, { message: string; good: boolean }>()
  bulk = 0 // answered by WebCrypto
  single = 0 // answered here, one at a time

  private static name(key: Uint8Array, signature: Uint8Array): string {
    return String.fromCharCode(...key, ...signature)
  }

  verify(key: Uint8Array, message: string, signature: Uint8Array): boolean {
    if (!wellFormed(key, signature)) return false
    const name = Signatures.name(key, signature)
    const known = this.known.get(name)
    if (known && known.message === message) return known.good
    ++this.single
    const good = verifyByGroup(key, encode(message), signature)
    this.known.set(name, { message, good })
    return good
  }

  // Looks many claims up beforehand. Only a hint about what will be asked: the answers are what verify() would say.
  async prepare(claims: SignatureClaim[]): Promise<void> {
    const s = subtle()!
    const keys = new Map<string, Promise<CryptoKey>>()
    await Promise.all(
      claims.map(async ({ key, message, signature }) => {
        if (!wellFormed(key, signature)) return
        const text = hex(key)
        let imported = keys.get(text)
        if (!imported) keys.set(text, (imported = s.importKey('raw', key as BufferSource, 'Ed25519', false, ['verify'])))
        try {
          const good = await s.verify('Ed25519', await imported, signature as BufferSource, encode(message) as BufferSource)
          this.known.set(Signatures.name(key, signature), { message, good })
          ++this.bulk
        } catch {
          // Left for verify().
        }
      }),
    )
  }
}

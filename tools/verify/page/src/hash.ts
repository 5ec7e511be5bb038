// SHA-256: synchronous for the many small inputs of a tree (WebCrypto is slow there), WebCrypto for whole files where it exists.
import { sha256 as noble } from '@noble/hashes/sha2.js'
import { base64, encode, fromBase64, hex, refuse } from './bytes'

export type Digest = Uint8Array

export const sha256 = (bytes: Uint8Array): Digest => noble(bytes)
export function sha256Of(...parts: Uint8Array[]): Digest {
  const h = noble.create()
  for (const p of parts) h.update(p)
  return h.digest()
}

const LARGE = 1 << 16
export async function sha256Large(bytes: Uint8Array): Promise<Digest> {
  const subtle = globalThis.crypto?.subtle
  if (bytes.length < LARGE || !subtle) return noble(bytes)
  return new Uint8Array(await subtle.digest('SHA-256', bytes as BufferSource))
}

export const digestText = (d: Digest): string => base64(d)
export function parseDigest(text: string): Digest {
  const raw = fromBase64(text)
  return raw.length === 32 ? raw : refuse('a digest that is not 32 bytes of base64')
}

// hex SHA-256 of a signed payload
export const payloadDigest = (payload: string): string => hex(sha256(encode(payload)))

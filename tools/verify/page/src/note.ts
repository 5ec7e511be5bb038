// Signed notes (C2SP signed-note), cosignatures (C2SP tlog-cosignature), checkpoints (C2SP tlog-checkpoint).
import { byteLength, concat, encode, fromBase64, fromHex, hex, refuse, utf8 } from './bytes'
import type { Signatures } from './ed25519'
import { parseDigest, sha256Of, type Digest } from './hash'

export const TYPE_ED25519 = 1
export const TYPE_COSIGNATURE = 4
const MAX_NOTE = 65_535
const MAX_LINES = 64

export interface Vkey {
  name: string
  id: number
  type: number
  key: Uint8Array
}

export function keyId(name: string, type: number, key: Uint8Array): number {
  const d = sha256Of(encode(name), Uint8Array.of(0x0a, type), key)
  return new DataView(d.buffer, d.byteOffset).getUint32(0)
}

const NOT_IN_A_NAME = /[\u0000-\u0020\u007f+\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/
export const isKeyName = (name: string): boolean => name !== '' && byteLength(name) <= 255 && !NOT_IN_A_NAME.test(name)

export function parseVkey(text: string): Vkey {
  if (byteLength(text) > 1024) return refuse('vkey above 1024 bytes')
  const first = text.indexOf('+')
  const second = first < 0 ? -1 : text.indexOf('+', first + 1)
  if (second < 0) return refuse('vkey: not of the form name+id+key')
  const name = text.slice(0, first)
  if (!isKeyName(name)) return refuse('vkey: a name that is not one')
  const id = fromHex(text.slice(first + 1, second))
  if (id.length !== 4) return refuse('vkey: an id that is not 8 hexadecimal digits')
  const raw = fromBase64(text.slice(second + 1))
  const type = raw[0]
  if (type === undefined) return refuse('vkey: a key that is not base64')
  if (type !== TYPE_ED25519 && type !== TYPE_COSIGNATURE) return refuse(`vkey: signature type ${type}; this page reads 1 and 4`)
  if (raw.length !== 33) return refuse(`vkey: a key of ${raw.length - 1} bytes; Ed25519 has 32`)
  const key = raw.subarray(1)
  const own = keyId(name, type, key)
  if (new DataView(id.buffer).getUint32(0) !== own) return refuse('vkey: the id does not belong to the key')
  return { name, id: own, type, key }
}

export interface SignatureLine {
  name: string
  id: number
  signature: Uint8Array
}
export interface Note {
  text: string // ends with a line feed
  lines: SignatureLine[]
}

const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f]/
const DASH = '\u2014 '

function parseLine(line: string): SignatureLine {
  if (!line.startsWith(DASH)) return refuse('note: a signature line without its dash')
  const space = line.indexOf(' ', DASH.length)
  if (space < 0) return refuse('note: a signature line of one word')
  const name = line.slice(DASH.length, space)
  if (!isKeyName(name)) return refuse('note: a signature line with a name that is not one')
  const raw = fromBase64(line.slice(space + 1))
  if (raw.length < 5) return refuse('note: a signature of fewer than 5 bytes')
  return { name, id: new DataView(raw.buffer, raw.byteOffset).getUint32(0), signature: raw.subarray(4) }
}

export function parseNote(text: string): Note {
  if (text.length > MAX_NOTE || byteLength(text) > MAX_NOTE) return refuse(`note above ${MAX_NOTE} bytes`)
  if (CONTROL.test(text)) return refuse('note: a control character')
  if (!text.endsWith('\n')) return refuse('note: no line feed at its end')
  const split = text.lastIndexOf('\n\n')
  if (split < 0) return refuse('note: no empty line before the signatures')
  const rest = text.slice(split + 2)
  if (rest === '') return refuse('note: no signature')
  const lines = rest.slice(0, -1).split('\n')
  if (lines.length > MAX_LINES) return refuse(`note: more than ${MAX_LINES} signature lines`)
  return { text: text.slice(0, split + 1), lines: lines.map(parseLine) }
}
export const parseNoteBytes = (bytes: Uint8Array): Note => (bytes.length > MAX_NOTE ? refuse(`note of ${bytes.length} bytes`) : parseNote(utf8(bytes)))

// The message that a line of `key` signs, and the bytes of the signature proper.
export function claimOf(note: Note, line: SignatureLine, key: Vkey): { message: string; signature: Uint8Array; seconds: number } | undefined {
  if (key.type !== TYPE_COSIGNATURE) return { message: note.text, signature: line.signature, seconds: 0 }
  if (line.signature.length < 8) return undefined
  const seconds = new DataView(line.signature.buffer, line.signature.byteOffset).getBigUint64(0)
  if (seconds > 0x7fff_ffff_ffff_ffffn) return undefined
  return { message: `cosignature/v1\ntime ${seconds}\n${note.text}`, signature: line.signature.subarray(8), seconds: Number(seconds) }
}

export type SignatureState = 'absent' | 'good' | 'bad'
// Lines of other keys are ignored; a known key with a wrong signature is bad even when another of its lines is right.
export function verifyNote(note: Note, key: Vkey, signatures: Signatures): { state: SignatureState; seconds: number } {
  let out: { state: SignatureState; seconds: number } = { state: 'absent', seconds: 0 }
  for (const line of note.lines) {
    if (line.name !== key.name || line.id !== key.id) continue
    const claim = claimOf(note, line, key)
    if (!claim || !signatures.verify(key.key, claim.message, claim.signature)) return { state: 'bad', seconds: 0 }
    out = { state: 'good', seconds: claim.seconds }
  }
  return out
}

export interface Checkpoint {
  origin: string
  size: number
  root: Digest
}

// "0", "1", … up to 2^64 - 1, without leading zeros. Above 2^53 the value is no longer exact, and above every limit here.
export function parseSize(text: string): number {
  if (!/^(0|[1-9][0-9]{0,19})$/.test(text) || BigInt(text) > 0xffff_ffff_ffff_ffffn) return refuse('a size that is not a decimal number')
  return Number(text)
}

export function parseCheckpointText(text: string): Checkpoint {
  const lines = text.split('\n')
  if (!text.endsWith('\n') || lines.length < 4) return refuse('checkpoint: fewer than three lines')
  lines.pop()
  const [origin, size, root, ...more] = lines
  if (!isKeyName(origin!)) return refuse('checkpoint: an origin that is not a name')
  const out = { origin: origin!, size: parseSize(size!), root: parseDigest(root!) }
  if (more.includes('')) return refuse('checkpoint: an empty extension line')
  return out
}

export function openCheckpoint(text: string, log: Vkey, signatures: Signatures): Checkpoint {
  const note = parseNote(text)
  const { state } = verifyNote(note, log, signatures)
  if (state !== 'good') return refuse(state === 'absent' ? `note: not signed by ${log.name}` : `note: the signature of ${log.name} is wrong`)
  const out = parseCheckpointText(note.text)
  if (out.origin !== log.name) return refuse(`checkpoint: the origin is not ${log.name}`)
  return out
}

// RFC 8410: the DER of SubjectPublicKeyInfo
export const spki = (key: Uint8Array): Uint8Array => concat(fromHex('302a300506032b6570032100'), key)
export const idText = (id: number): string => hex(Uint8Array.of(id >>> 24, (id >>> 16) & 255, (id >>> 8) & 255, id & 255))

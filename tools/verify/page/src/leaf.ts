// Leaves of the log: the collector's header line and the signed record that it received (lib/evidence/FORMAT.md).
import { encode, refuse, Refusal, utf8 } from './bytes'
import { sha256, type Digest } from './hash'
import { MAX_INTEGER, parseJson, RECORD, type Json, type JsonObject } from './json'
import { parseNote, type Note } from './note'

const MAX_LEAF = 65_535
const MAX_RECORD_JSON = 60_000
const LEAF_PREFIX = 'fengsui-leaf/v1 '
const RECORD_PREFIX = 'fengsui-rec/v1 '
const KINDS = new Set([
  'scope', 'enrol', 'revoke', 'boot', 'hb', 'find', 'rules', 'maint', 'incident', 'gap', 'gap-explained', 'seal', 'canary-commit', 'canary-reveal', 'dsse', 'shard',
])

export const isWord = (s: string): boolean => /^[A-Za-z0-9._/:-]{1,128}$/.test(s)

export interface ParsedRecord {
  kind: string
  body: JsonObject
  note: Note
}
// A record of a later version: counted and reported, not refused.
export class Unsupported extends Refusal {}

export function parseRecord(text: string): ParsedRecord {
  const note = parseNote(text)
  const first = note.text.indexOf('\n')
  const type = note.text.slice(0, first)
  if (!type.startsWith(RECORD_PREFIX)) throw new Unsupported('record: another type line than fengsui-rec/v1')
  const kind = type.slice(RECORD_PREFIX.length)
  if (!isWord(kind)) return refuse('record: a kind that is not a word')
  const line = note.text.slice(first + 1)
  if (line === '' || line.indexOf('\n') !== line.length - 1) return refuse('record: not one line of JSON')
  const body = parseJson(line.slice(0, -1), { ...RECORD, maxBytes: MAX_RECORD_JSON })
  if (!(body instanceof Map)) return refuse('record: JSON that is not an object')
  return { kind, body, note }
}

export interface ParsedLeaf {
  kind: string // "dsse" for a Rekor-form entry
  dept: string
  rx: number | undefined
  noteText: string // the whole signed note
  record: ParsedRecord | undefined // undefined when not known
  entry: Json | undefined // of a Rekor-form entry
  known: boolean
}

export function parseLeaf(bytes: Uint8Array): ParsedLeaf {
  if (bytes.length > MAX_LEAF) return refuse(`leaf of ${bytes.length} bytes; limit ${MAX_LEAF}`)
  if (bytes[0] === 0x7b) {
    const entry = parseJson(utf8(bytes), { ...RECORD, maxBytes: MAX_LEAF })
    return { kind: 'dsse', dept: '', rx: undefined, noteText: '', record: undefined, entry, known: true }
  }
  const end = bytes.indexOf(10)
  if (end < 0) return refuse('leaf: ends inside its header or has another one')
  const header = /^fengsui-leaf\/v1 ([A-Za-z0-9._/:-]{1,128}) ([A-Za-z0-9._/:-]{1,128}) (0|[1-9][0-9]{0,15})$/.exec(utf8(bytes.subarray(0, end)))
  const rx = header ? Number(header[3]) : -1
  if (!header || rx > MAX_INTEGER) return refuse(`leaf: a header that is not ${LEAF_PREFIX}kind, unit and time`)
  const kind = header[1]!
  const out: ParsedLeaf = { kind, dept: header[2]!, rx, noteText: utf8(bytes.subarray(end + 1)), record: undefined, entry: undefined, known: false }
  try {
    out.record = parseRecord(out.noteText)
  } catch (e) {
    if (e instanceof Unsupported) return out
    throw e
  }
  if (out.record.kind !== kind) return refuse('leaf: header and record name different kinds')
  out.known = KINDS.has(kind)
  return out
}

export const chainDigest = (note: string): Digest => sha256(encode('fengsui-rec-chain/v1\n' + note))

// The ZIP of evidence bundles: one spelling, and every byte of it is checked. Nothing is unpacked before its size was judged.
import { byBytes, encode, hex, refuse, same, utf8 } from './bytes'
import { sha256Large } from './hash'

export type Files = Map<string, Uint8Array> // by path, in the order of the paths

export interface ZipLimits {
  maxFiles: number
  maxFile: number // bytes of one file, unpacked
  maxTotal: number // of all files
}
export const ZIP_LIMITS: ZipLimits = { maxFiles: 65_534, maxFile: 256 << 20, maxTotal: 1024 << 20 }

const COMMENT = 'sha256 of all before this record: '
const PLAIN_END = 22
const END = PLAIN_END + COMMENT.length + 64

// Relative, of [A-Za-z0-9._/-], no empty, "." or ".." part, at most 200 bytes.
export function isBundlePath(path: string): boolean {
  if (path.length > 200 || !/^[A-Za-z0-9._/-]+$/.test(path)) return false
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

const CRC = new Uint32Array(256).map((_, i) => {
  let c = i
  for (let k = 0; k < 8; ++k) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
  return c >>> 0
})
export function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff
  for (let i = 0; i < bytes.length; ++i) c = (c >>> 8) ^ CRC[(c ^ bytes[i]!) & 0xff]!
  return (c ^ 0xffffffff) >>> 0
}

interface Member {
  name: string
  method: number
  crc: number
  packed: number
  size: number
  offset: number
}

class Writer {
  private readonly out: number[] = []
  u16(v: number): this {
    this.out.push(v & 0xff, (v >>> 8) & 0xff)
    return this
  }
  u32(v: number): this {
    return this.u16(v & 0xffff).u16(v >>> 16)
  }
  text(s: string): this {
    this.out.push(...encode(s))
    return this
  }
  bytes(): Uint8Array {
    return Uint8Array.from(this.out)
  }
}
// needed 2.0, no flags, 1980-01-01
const shared = (w: Writer, m: Member): Writer =>
  w.u16(20).u16(0).u16(m.method).u16(0).u16(0x21).u32(m.crc).u32(m.packed).u32(m.size).u16(m.name.length).u16(0)
const localHeader = (m: Member): Uint8Array => shared(new Writer().u32(0x04034b50), m).text(m.name).bytes()
const centralHeader = (m: Member): Uint8Array =>
  shared(new Writer().u32(0x02014b50).u16((3 << 8) | 20), m).u16(0).u16(0).u16(0).u32((0o100644 << 16) >>> 0).u32(m.offset).text(m.name).bytes()

// Never holds more than `size` and one piece: a stream that goes on is cut there.
async function inflate(packed: Uint8Array, size: number, name: string): Promise<Uint8Array> {
  const wrong = `zip: ${name} does not unpack to its size`
  if (packed.length === 0) return refuse(wrong)
  if (typeof DecompressionStream === 'undefined') throw new Error('this browser cannot unpack DEFLATE (no DecompressionStream)')
  const out = new Uint8Array(size)
  let at = 0
  const reader = new Blob([packed as BlobPart]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      if (at + value.length > size) {
        await reader.cancel().catch(() => undefined)
        return refuse(wrong)
      }
      out.set(value, at)
      at += value.length
    }
  } catch {
    return refuse(wrong)
  }
  return at === size ? out : refuse(wrong)
}

function readMember(directory: Uint8Array, at: number, previous: string): { member: Member; end: number } {
  if (directory.length - at < 46) return refuse('zip: a directory entry is cut or is none')
  const view = new DataView(directory.buffer, directory.byteOffset + at)
  const nameSize = view.getUint16(28, true)
  if (view.getUint32(0, true) !== 0x02014b50 || directory.length - at - 46 < nameSize) return refuse('zip: a directory entry is cut or is none')
  const raw = directory.subarray(at + 46, at + 46 + nameSize)
  const name = raw.every((b) => b < 0x80) ? utf8(raw) : ''
  if (!isBundlePath(name)) return refuse('zip: a path that is not allowed')
  if (byBytes(name, previous) <= 0) return refuse('zip: paths out of order or twice')
  const member: Member = {
    name,
    method: view.getUint16(10, true),
    crc: view.getUint32(16, true),
    packed: view.getUint32(20, true),
    size: view.getUint32(24, true),
    offset: view.getUint32(42, true),
  }
  if (member.method !== 0 && member.method !== 8) return refuse('zip: a packing method other than 0 and 8')
  const end = at + 46 + nameSize
  if (!same(centralHeader(member), directory.subarray(at, end))) return refuse(`zip: an unusual directory entry for ${name}`)
  return { member, end }
}

export async function readZip(bytes: Uint8Array, limits: ZipLimits = ZIP_LIMITS, pause: () => Promise<void> = async () => undefined): Promise<Files> {
  if (bytes.length < END) return refuse(`zip of ${bytes.length} bytes`)
  const before = bytes.subarray(0, bytes.length - END)
  const tail = bytes.subarray(bytes.length - END)
  const view = new DataView(tail.buffer, tail.byteOffset)
  const count = view.getUint16(10, true)
  const centralSize = view.getUint32(12, true)
  const centralOffset = view.getUint32(16, true)
  const end = new Writer().u32(0x06054b50).u16(0).u16(0).u16(count).u16(count).u32(centralSize).u32(centralOffset).u16(END - PLAIN_END).text(COMMENT)
  if (!same(end.bytes(), tail.subarray(0, END - 64))) return refuse('zip: no end record of a bundle at its end (cut, or bytes after it)')
  if (!same(encode(hex(await sha256Large(before))), tail.subarray(END - 64)))
    return refuse('zip: its bytes are not those that were written (digest in the end record)')
  if (count > limits.maxFiles) return refuse(`zip of ${count} files; limit ${limits.maxFiles}`)
  if (centralOffset > bytes.length || centralSize !== bytes.length - END - centralOffset) return refuse('zip: the directory is not where the end record says')
  const directory = bytes.subarray(centralOffset, centralOffset + centralSize)
  const out: Files = new Map()
  let total = 0
  let at = 0
  let in_directory = 0
  let previous = ''
  for (let i = 0; i < count; ++i) {
    const { member: m, end: next } = readMember(directory, in_directory, previous)
    in_directory = next
    if (m.size > limits.maxFile) return refuse(`zip: ${m.name} of ${m.size} bytes; limit ${limits.maxFile}`)
    total += m.size
    if (total > limits.maxTotal) return refuse(`zip: more than ${limits.maxTotal} bytes in all`)
    const local = localHeader(m)
    if (m.offset !== at || at + local.length + m.packed > centralOffset || !same(local, bytes.subarray(at, at + local.length)))
      return refuse(`zip: ${m.name} does not lie where the directory says`)
    const data = bytes.subarray(at + local.length, at + local.length + m.packed)
    if (m.method === 0 && m.packed !== m.size) return refuse(`zip: ${m.name} has two sizes`)
    const content = m.method === 8 ? await inflate(data, m.size, m.name) : data
    if (crc32(content) !== m.crc) return refuse(`zip: the checksum of ${m.name} is wrong`)
    at += local.length + m.packed
    previous = m.name
    out.set(m.name, content)
    await pause()
  }
  if (in_directory !== directory.length || at !== centralOffset) return refuse('zip: bytes between the files and the directory')
  return out
}

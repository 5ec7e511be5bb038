// The Merkle tree of RFC 9162 over SHA-256, all complete nodes in memory, and the files of C2SP tlog-tiles.
import { concat, refuse, same } from './bytes'
import { sha256, sha256Of, type Digest } from './hash'

const LEAF = Uint8Array.of(0)
export const leafHash = (leaf: Uint8Array): Digest => sha256Of(LEAF, leaf)
const pair = new Uint8Array(65)
pair[0] = 1
export function nodeHash(left: Digest, right: Digest): Digest {
  pair.set(left, 1)
  pair.set(right, 33)
  return sha256(pair)
}

// One level of the tree: hashes one after another.
class Row {
  private bytes = new Uint8Array(32 * 64)
  count = 0
  push(d: Digest): void {
    if ((this.count + 1) * 32 > this.bytes.length) {
      const more = new Uint8Array(this.bytes.length * 2)
      more.set(this.bytes)
      this.bytes = more
    }
    this.bytes.set(d, this.count++ * 32)
  }
  at(i: number): Digest {
    return this.bytes.subarray(i * 32, i * 32 + 32)
  }
}

// Complete subtrees: leaves [index·2^level, (index+1)·2^level). undefined when it is not there.
export interface Nodes {
  node(level: number, index: number): Digest | undefined
}

// Whether the tree that `nodes` tell of, of that size and root, begins with the older one. Nobody need trust the nodes: what they show is shown
// against both roots (RFC 9162, section 2.1.4).
export function hasPrefix(nodes: Nodes, size: number, root: Digest, oldSize: number, oldRoot: Digest): boolean {
  if (oldSize === 0) return same(oldRoot, sha256(new Uint8Array()))
  if (oldSize >= size) return oldSize === size && same(oldRoot, root)
  const range = (low: number, high: number): Digest | undefined => {
    const n = high - low
    const k = floorPower(n)
    if (k === n) return nodes.node(Math.log2(n), low / n)
    const left = range(low, low + k)
    const right = left && range(low + k, high)
    return left && right && nodeHash(left, right)
  }
  // Both roots from the same nodes: the old tree's right edge, and what lies behind it.
  const both = (low: number, high: number, old: number): { then: Digest; now: Digest } | undefined => {
    if (old === high) {
      const whole = low === 0 && high === oldSize ? oldRoot : range(low, high)
      return whole && { then: whole, now: whole }
    }
    const middle = low + floorPower(high - low - 1)
    if (old <= middle) {
      const left = both(low, middle, old)
      const right = left && range(middle, high)
      return left && right && { then: left.then, now: nodeHash(left.now, right) }
    }
    const left = range(low, middle)
    const right = left && both(middle, high, old)
    return left && right && { then: nodeHash(left, right.then), now: nodeHash(left, right.now) }
  }
  const shown = both(0, size, oldSize)
  return shown !== undefined && same(shown.then, oldRoot) && same(shown.now, root)
}

// Largest power of two not above n.
const floorPower = (n: number): number => 2 ** Math.floor(Math.log2(n))

export class Tree implements Nodes {
  private readonly rows: Row[] = []
  private readonly roots = new Map<number, Digest>() // many heartbeats name the same checkpoint

  get size(): number {
    return this.rows[0]?.count ?? 0
  }
  push(leaf: Digest): void {
    let hash = leaf
    for (let level = 0; ; ++level) {
      const row = (this.rows[level] ??= new Row())
      row.push(hash)
      if (row.count % 2 !== 0) return
      hash = nodeHash(row.at(row.count - 2), row.at(row.count - 1))
    }
  }
  node(level: number, index: number): Digest | undefined {
    const row = this.rows[level]
    return row && index < row.count ? row.at(index) : undefined
  }
  private range(low: number, high: number): Digest {
    const n = high - low
    const k = floorPower(n)
    if (k === n) {
      const level = Math.log2(n)
      return this.node(level, low / n) ?? refuse('a node that is not in the tree')
    }
    return nodeHash(this.range(low, low + k), this.range(low + k, high))
  }
  // undefined above size.
  root(size: number): Digest | undefined {
    if (size > this.size) return undefined
    if (size === 0) return sha256(new Uint8Array())
    const known = this.roots.get(size)
    if (known) return known
    const root = this.range(0, size)
    if (this.roots.size > 4096) this.roots.clear()
    this.roots.set(size, root.slice())
    return root
  }
  // RFC 9162 2.1.3.1; undefined unless index < size <= this.size.
  inclusion(index: number, size: number): Digest[] | undefined {
    if (index >= size || size > this.size) return undefined
    const down: Digest[] = []
    let low = 0
    let high = size
    while (high - low > 1) {
      const middle = low + floorPower(high - low - 1)
      if (index < middle) {
        down.push(this.range(middle, high))
        high = middle
      } else {
        down.push(this.range(low, middle))
        low = middle
      }
    }
    return down.reverse()
  }
}

// RFC 9162 section 2.1.3.2.
export function verifyInclusion(index: number, size: number, leaf: Digest, proof: Digest[], root: Digest): boolean {
  if (index >= size) return false
  let fn = index
  let sn = size - 1
  let r = leaf
  for (const p of proof) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      r = nodeHash(p, r)
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2)
        sn = Math.floor(sn / 2)
      }
    } else {
      r = nodeHash(r, p)
    }
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 && same(r, root)
}

export const TILE = 256
function indexPath(n: number): string {
  let out = String(n % 1000).padStart(3, '0')
  for (n = Math.floor(n / 1000); n !== 0; n = Math.floor(n / 1000)) out = `x${String(n % 1000).padStart(3, '0')}/${out}`
  return out
}
const withWidth = (path: string, width: number): string => (width === TILE ? path : `${path}.p/${width}`)
export const tilePath = (level: number, n: number, width: number): string => withWidth(`tile/${level}/${indexPath(n)}`, width)
export const entriesPath = (n: number, width: number): string => withWidth(`tile/entries/${indexPath(n)}`, width)

export function parseTile(bytes: Uint8Array): Digest[] {
  if (bytes.length === 0 || bytes.length % 32 !== 0 || bytes.length > 32 * TILE) return refuse(`tile of ${bytes.length} bytes; a multiple of 32 up to 8192`)
  return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(i * 32, i * 32 + 32))
}
export function tileBytes(tree: Tree, level: number, n: number, width: number): Uint8Array | undefined {
  const hashes = Array.from({ length: width }, (_, i) => tree.node(level * 8, n * TILE + i))
  return hashes.every((h) => h !== undefined) ? concat(...(hashes as Digest[])) : undefined
}
// (u16 length ‖ leaf)*
export function parseEntries(bytes: Uint8Array): Uint8Array[] {
  const out: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    if (out.length === TILE) return refuse('entry bundle of more than 256 entries')
    const size = at + 2 <= bytes.length ? (bytes[at]! << 8) | bytes[at + 1]! : -1
    if (size < 0 || at + 2 + size > bytes.length) return refuse(`entry bundle ends inside entry ${out.length}`)
    out.push(bytes.subarray(at + 2, at + 2 + size))
    at += 2 + size
  }
  return out
}

// Nodes out of a bundle's tiles.
export class TileNodes implements Nodes {
  constructor(
    private readonly file: (path: string) => Uint8Array | undefined,
    private readonly size: number,
  ) {}
  node(level: number, index: number): Digest | undefined {
    const tileLevel = Math.floor(level / 8)
    const count = Math.floor(this.size / TILE ** tileLevel)
    const first = index * 2 ** (level % 8)
    const last = first + 2 ** (level % 8)
    if (last > count) return undefined
    const n = Math.floor(first / TILE)
    const bytes = this.file(tilePath(tileLevel, n, Math.min(TILE, count - n * TILE)))
    if (!bytes || bytes.length % 32 !== 0 || last - n * TILE > bytes.length / 32) return undefined
    let row = Array.from({ length: last - first }, (_, i) => bytes.subarray((first - n * TILE + i) * 32, (first - n * TILE + i + 1) * 32))
    while (row.length > 1) row = Array.from({ length: row.length / 2 }, (_, i) => nodeHash(row[2 * i]!, row[2 * i + 1]!))
    return row[0]
  }
}

// One log of a bundle, hashed again leaf by leaf (V6). Hashes of the bundle are only compared, never used.
import { attempt, refuse, refused, same } from './bytes'
import { parseLeaf } from './leaf'
import { entriesPath, leafHash, parseEntries, parseTile, TILE, tileBytes, tilePath, Tree } from './merkle'
import type { Checkpoint } from './note'
import { dayOf, dayText } from './time'
import type { Files } from './zip'

export const MAX_LEAVES = 4 << 20

export class BundleLog {
  readonly tree = new Tree()
  readonly leaves: Uint8Array[] = []

  constructor(
    readonly folder: string, // "" for the newest, "shards/2026/" for an earlier one
    readonly at: Checkpoint, // signed, and checked as such
    readonly first: number, // number of its first leaf over all logs of the unit
  ) {}

  // Of the receipt of the leaf or of the one before it.
  dayOf(index: number): string {
    for (let i = Math.min(index + 1, this.leaves.length); i-- > 0; ) {
      const leaf = attempt(() => parseLeaf(this.leaves[i]!))
      if (!refused(leaf) && leaf.rx !== undefined) return dayText(dayOf(leaf.rx))
    }
    return ''
  }
}

// What is wrong, at which leaf of this log; -1 when that cannot be told.
type Fault = (index: number, zh: string, en: string) => void

class LogCheck {
  private broken = false
  constructor(
    private readonly files: Files,
    private readonly log: BundleLog,
    private readonly fault: Fault,
    private readonly progress: (part: number) => Promise<void>,
  ) {}

  // False when the leaves that are there fit every tile and yet give another root: the caller can narrow that down with checkpoints.
  async run(): Promise<boolean> {
    const { at, leaves, tree } = this.log
    if (at.size > MAX_LEAVES) {
      this.report(-1, '日志过大', `a log of ${at.size} leaves; this page reads ${MAX_LEAVES}`)
      return true
    }
    for (let n = 0; n * TILE < at.size && this.bundle(n); ++n) await this.progress(leaves.length / at.size)
    if (leaves.length !== at.size || this.broken) return true
    if (!same(tree.root(at.size)!, at.root)) return false
    this.upperTiles()
    return true
  }

  private report(index: number, zh: string, en: string): void {
    this.broken = true
    this.fault(index, zh, en)
  }

  private bundle(n: number): boolean {
    const { at, leaves, tree } = this.log
    const width = Math.min(TILE, at.size - n * TILE)
    const bytes = this.narrowest((w) => entriesPath(n, w), width)
    const entries = attempt(() => (bytes ? parseEntries(bytes) : refuse('an entry bundle is missing')))
    if (refused(entries)) {
      this.report(leaves.length, '条目包缺失或损坏', `${entriesPath(n, width)}: ${entries.message}`)
      return false
    }
    const first = leaves.length
    for (const leaf of entries) {
      tree.push(leafHash(leaf))
      leaves.push(leaf)
    }
    this.compareTile(n, width, first)
    if (entries.length === width) return true
    this.report(Math.min(first + Math.min(entries.length, width), at.size - 1), '条目数目不对', 'entries are missing or too many')
    return false
  }

  // A log whose tail was cut may still hold the narrower file: it says where the cut is.
  private narrowest(path: (width: number) => string, width: number): Uint8Array | undefined {
    for (let w = width; w >= 1; --w) {
      const f = this.files.get(this.log.folder + path(w))
      if (f) return f
    }
    return undefined
  }

  private compareTile(n: number, width: number, first: number): void {
    const stored = this.narrowest((w) => tilePath(0, n, w), width)
    const hashes = attempt(() => (stored ? parseTile(stored) : refuse('a tile is missing')))
    if (refused(hashes)) return this.report(first, '哈希块缺失或损坏', `${tilePath(0, n, width)}: ${hashes.message}`)
    for (let i = 0; i < width; ++i) {
      const own = this.log.tree.node(0, first + i)
      const other = hashes[i]
      if (!other || !own || !same(own, other)) return this.report(first + i, '此处的记录被改动、删除或调换', 'a leaf here was changed, removed or moved')
    }
  }

  private upperTiles(): void {
    const { at, tree, folder } = this.log
    let count = Math.floor(at.size / TILE)
    for (let level = 1; count > 0; ++level, count = Math.floor(count / TILE))
      for (let n = 0; n * TILE < count; ++n) {
        const width = Math.min(TILE, count - n * TILE)
        const own = tileBytes(tree, level, n, width)
        const stored = this.files.get(folder + tilePath(level, n, width))
        if (!own || !stored || !same(own, stored)) return this.report(-1, '上层哈希块不符', 'an upper tile differs: ' + tilePath(level, n, width))
      }
  }
}

export const readBundleLog = (files: Files, log: BundleLog, fault: Fault, progress: (part: number) => Promise<void>): Promise<boolean> =>
  new LogCheck(files, log, fault, progress).run()

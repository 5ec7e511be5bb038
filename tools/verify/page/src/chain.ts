// Accepting one agent's records in order: a boot is signed by the identity key, everything else by the epoch key that the boot or
// heartbeat before it announced; seq and pv continue without a hole; a heartbeat counts exactly the findings since the one before.
import { same } from './bytes'
import { noCounts, parseBoot, parseFind, parseHeartbeat, sameCounts, type Boot, type Find, type Heartbeat, type Link } from './body'
import type { Signatures } from './ed25519'
import { parseDigest, type Digest } from './hash'
import { Fields, MAX_INTEGER, parseJson } from './json'
import { chainDigest, type ParsedRecord } from './leaf'
import { parseVkey, TYPE_ED25519, verifyNote, type Vkey } from './note'
import { refuse } from './bytes'

export type Accepted = { kind: 'boot'; boot: Boot } | { kind: 'hb'; beat: Heartbeat } | { kind: 'find'; find: Find }

export const epochName = (agent: string, epoch: number): string => `${agent}#e${epoch}`

export class ChainReader {
  boots = 0
  epochs = 0
  lastSeq = 0
  private lastDigest: Digest = new Uint8Array(32)
  private epochKey: Vkey | undefined
  private epoch = 0
  private bootId = ''
  private findings = noCounts()

  constructor(
    private readonly identity: Vkey,
    private readonly signatures: Signatures,
  ) {}

  // A chain as a reader's state holds it (FORMAT.md, "State").
  static restore(text: string, signatures: Signatures): ChainReader {
    const f = new Fields(parseJson(text), 'chain state')
    if (f.integer('v', 0, MAX_INTEGER) !== 1) refuse('chain state: a version other than 1')
    const out = new ChainReader(parseVkey(f.text('ik')), signatures)
    const key = f.text('key')
    if (key !== '') out.epochKey = parseVkey(key)
    out.epoch = f.integer('epoch', 0, MAX_INTEGER)
    out.lastSeq = f.integer('seq', 0, MAX_INTEGER)
    out.lastDigest = parseDigest(f.text('pv'))
    out.bootId = f.text('boot')
    f.array('fn', 6).forEach((n, i) => {
      if (typeof n === 'number' && n >= 0) out.findings[i] = n
    })
    out.boots = f.integer('boots', 0, MAX_INTEGER)
    out.epochs = f.integer('epochs', 0, MAX_INTEGER)
    return out
  }
  // For whoever looks signatures up beforehand.
  get keys(): { identity: Vkey; epoch: Vkey | undefined } {
    return { identity: this.identity, epoch: this.epochKey }
  }

  // Refuses what is out of place, and is then as it was.
  accept(record: ParsedRecord, noteText: string): Accepted {
    const out = record.kind === 'boot' ? this.boot(record) : record.kind === 'hb' ? this.heartbeat(record) : this.find(record)
    ++this.lastSeq
    this.lastDigest = chainDigest(noteText)
    return out
  }

  private where(seq: number): string {
    return `chain of ${this.identity.name}, record ${seq}: `
  }
  private check(record: ParsedRecord, link: Link, key: Vkey | undefined): void {
    const where = this.where(link.seq)
    if (link.agent !== this.identity.name) refuse(where + 'names another agent')
    if (link.seq !== this.lastSeq + 1) refuse(`${where}expected record ${this.lastSeq + 1}`)
    if (!same(link.pv, this.lastDigest)) refuse(where + 'does not follow the record before it')
    if (!key) return refuse(where + 'comes before any boot record')
    if (record.note.lines.length !== 1) refuse(where + 'has another number of signatures than one')
    const { state } = verifyNote(record.note, key, this.signatures)
    if (state === 'absent') refuse(`${where}is not signed by ${key.name}`)
    if (state === 'bad') refuse(`${where}the signature of ${key.name} is wrong`)
  }
  private announced(text: string, seq: number): Vkey {
    const key = parseVkey(text)
    if (key.type !== TYPE_ED25519 || key.name !== epochName(this.identity.name, seq)) refuse(`chain: record ${seq} announces a key under another name`)
    return key
  }
  private turn(key: Vkey, seq: number): void {
    this.epochKey = key
    this.epoch = seq
    this.findings = noCounts()
    ++this.epochs
  }

  private boot(record: ParsedRecord): Accepted {
    const boot = parseBoot(record.body)
    this.check(record, boot.link, this.identity)
    if (boot.link.epoch !== boot.link.seq) refuse('chain: a boot whose epoch is not its seq')
    this.turn(this.announced(boot.e0, boot.link.seq), boot.link.seq)
    this.bootId = boot.bootId
    ++this.boots
    return { kind: 'boot', boot }
  }
  private heartbeat(record: ParsedRecord): Accepted {
    const beat = parseHeartbeat(record.body)
    this.check(record, beat.link, this.epochKey)
    const where = this.where(beat.link.seq)
    if (beat.link.epoch !== this.epoch) refuse(where + 'another epoch than its key')
    if (beat.bootId !== this.bootId) refuse(where + 'another boot than the boot record')
    if (beat.t1 < beat.t0 || beat.b1 < beat.b0) refuse(where + 'ends before it begins')
    if (!sameCounts(beat.findings, this.findings)) refuse(where + 'counts other findings than the log holds')
    this.turn(this.announced(beat.next, beat.link.seq), beat.link.seq)
    return { kind: 'hb', beat }
  }
  private find(record: ParsedRecord): Accepted {
    const find = parseFind(record.body)
    this.check(record, find.link, this.epochKey)
    if (find.link.epoch !== this.epoch) refuse(this.where(find.link.seq) + 'another epoch than its key')
    ++this.findings[find.severity]!
    return { kind: 'find', find }
  }
}

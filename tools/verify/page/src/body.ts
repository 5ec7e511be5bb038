// The bodies of records (lib/evidence/FORMAT.md). Unknown keys are ignored, missing and wrong ones refuse.
import { attempt, byBytes, refused } from './bytes'
import { parseDigest, type Digest } from './hash'
import { Fields, flag, MAX_INTEGER, object, type Json, type JsonObject } from './json'
import { isWord } from './leaf'
import { parseDay } from './time'

const time = (f: Fields, key: string): number => f.integer(key, 0, MAX_INTEGER)
const count = time
function word(f: Fields, key: string): string {
  const s = f.text(key, 128)
  return isWord(s) ? s : f.fail(key, 'is not a word')
}
function digest(f: Fields, key: string): Digest {
  const d = attempt(() => parseDigest(f.text(key, 44)))
  return refused(d) ? f.fail(key, 'is not a digest') : d
}

export interface Scope {
  dept: string
  from: number
  assets: { asset: string; agent: string; sources: string[] }[]
  iv: number
  coveredPpm: number
  degradedPpm: number
  liveMs: number
  lateHours: number
  plannedMinutes: number
  threshold: number
  gapPpm: number
  tz: number
  rules: string[]
  configs: string[]
  binaries: string[]
}
export function parseScope(j: Json): Scope {
  const f = new Fields(j, 'scope')
  const dept = word(f, 'dept')
  const from = time(f, 'from')
  const names = new Set<string>()
  const assets = f.array('assets', 4096).map((item) => {
    const a = new Fields(item, 'scope asset')
    const out = { asset: word(a, 'asset'), agent: word(a, 'agent'), sources: a.texts('sources', 64) }
    if (names.has(out.asset)) f.fail('assets', 'names an asset twice')
    if (new Set(out.sources).size !== out.sources.length) f.fail('assets', 'names a source twice')
    names.add(out.asset)
    return out
  })
  const coveredPpm = f.integerOr('coveredPpm', 1000, 0, 1_000_000)
  return {
    dept,
    from,
    assets,
    iv: f.integer('iv', 1, 3600),
    coveredPpm,
    degradedPpm: f.integerOr('degradedPpm', 50_000, coveredPpm, 1_000_000),
    liveMs: f.integerOr('liveMs', 120_000, 0, 86_400_000),
    lateHours: f.integerOr('lateHours', 72, 0, 24 * 366),
    plannedMinutes: f.integerOr('plannedMinutes', 240, 0, 60 * 24 * 31),
    threshold: f.integerOr('threshold', 4, 1, 5),
    gapPpm: f.integerOr('gapPpm', 50_000, 0, 1_000_000),
    tz: f.integerOr('tz', 480, -840, 840),
    rules: f.texts('rules', 256),
    configs: f.texts('configs', 256),
    binaries: f.texts('binaries', 256),
  }
}

export interface Enrol {
  agent: string
  asset: string
  identity: string
}
export function parseEnrol(j: Json): Enrol {
  const f = new Fields(j, 'enrol')
  const out = { agent: word(f, 'ag'), asset: word(f, 'asset'), identity: f.text('ik', 1024) }
  f.textOr('e0', 1024)
  f.textOr('host', 64)
  time(f, 't')
  return out
}

export function parseRevoke(j: Json): { agent: string } {
  const f = new Fields(j, 'revoke')
  const agent = word(f, 'ag')
  f.text('reason')
  time(f, 't')
  return { agent }
}

export interface Link {
  agent: string
  epoch: number
  seq: number
  pv: Digest
}
const link = (f: Fields): Link => ({ agent: word(f, 'ag'), epoch: f.integer('ep', 1, MAX_INTEGER), seq: f.integer('sq', 1, MAX_INTEGER), pv: digest(f, 'pv') })

export interface Boot {
  link: Link
  t: number
  bootId: string
  e0: string
}
export function parseBoot(j: Json): Boot {
  const f = new Fields(j, 'boot')
  const out = { link: link(f), t: time(f, 't'), bootId: f.text('bt', 128), e0: f.text('e0', 1024) }
  f.textOr('why', 256)
  f.textOr('bin', 64)
  return out
}

export interface SourceStatus {
  id: string
  state: 'effective' | 'degraded' | 'unavailable'
  reason: string
  rx: number
  kdrop: number
  ifdrop: number
  lost: number
  ovf: number
}
function parseSource(j: Json): SourceStatus {
  const f = new Fields(j, 'hb source')
  const id = f.text('id', 128)
  const state = f.text('st', 16)
  if (state !== 'effective' && state !== 'degraded' && state !== 'unavailable') return f.fail('st', 'is not a state')
  for (const stage of f.arrayOr('sg', 6))
    if (typeof stage !== 'number' || stage < 1 || stage > 6) f.fail('sg', 'holds something that is not a stage')
  const reason = f.textOr('why', 1024)
  count(f, 'bytes')
  return { id, state, reason, rx: count(f, 'rx'), kdrop: count(f, 'kdrop'), ifdrop: count(f, 'ifdrop'), lost: count(f, 'lost'), ovf: count(f, 'ovf') }
}

export type Counts = [number, number, number, number, number, number] // by severity 1..5
export const noCounts = (): Counts => [0, 0, 0, 0, 0, 0]
function counts(f: Fields): Counts {
  const out = noCounts()
  for (let s = 1; s <= 5; ++s) out[s] = f.integerOr(String(s), 0, 0, MAX_INTEGER)
  return out
}
export const countsJson = (c: Counts): JsonObject => object(...[1, 2, 3, 4, 5].map((s): [string, Json] => [String(s), c[s]!]))
export const sameCounts = (a: Counts, b: Counts): boolean => a.every((n, i) => n === b[i])

export interface Heartbeat {
  link: Link
  t0: number
  t1: number
  b0: number
  b1: number
  bootId: string
  beacon: { size: number; root: string }
  rules: string
  config: string
  binary: string
  sources: SourceStatus[]
  spoolLost: number
  findings: Counts
  next: string
}
export function parseHeartbeat(j: Json): Heartbeat {
  const f = new Fields(j, 'hb')
  const bk = new Fields(f.object('bk'), 'hb bk')
  const sp = new Fields(f.object('sp'), 'hb sp')
  bk.textOr('c', 44)
  count(sp, 'q')
  time(sp, 'oldest')
  const sources = f.array('src', 64).map(parseSource)
  if (new Set(sources.map((s) => s.id)).size !== sources.length) f.fail('src', 'names a source twice')
  return {
    link: link(f),
    t0: time(f, 't0'),
    t1: time(f, 't1'),
    b0: time(f, 'b0'),
    b1: time(f, 'b1'),
    bootId: f.text('bt', 128),
    beacon: { size: count(bk, 'n'), root: bk.text('h', 44) },
    rules: f.text('rs', 64),
    config: f.text('cf', 64),
    binary: f.text('bin', 64),
    sources,
    spoolLost: count(sp, 'lost'),
    findings: counts(new Fields(f.object('fn'), 'hb fn')),
    next: f.text('nx', 1024),
  }
}

const STAGES = ['collection', 'transmission', 'storage', 'operation', 'processing', 'exchange']
export interface Find {
  link: Link
  t: number
  severity: number
  rule: string
  fid: string
  canary: string
}
export function parseFind(j: Json): Find {
  const f = new Fields(j, 'find')
  const out = { link: link(f), t: time(f, 't'), severity: f.integer('sev', 1, 5), rule: f.text('rule', 256), fid: '', canary: '' }
  f.text('rs', 64)
  out.fid = f.text('fid', 128)
  if (!STAGES.includes(f.text('cat', 32))) f.fail('cat', 'is not a stage')
  f.textOr('sub', 64)
  digest(f, 'cm')
  out.canary = f.textOr('mk', 128)
  return out
}

export function parseRules(j: Json): { digest: string; from: number } {
  const f = new Fields(j, 'rules')
  const out = { digest: f.text('digest', 64), from: time(f, 'from') }
  f.text('signer', 256)
  return out
}

export interface Maintenance {
  asset: string
  from: number
  to: number
}
export function parseMaintenance(j: Json): Maintenance {
  const f = new Fields(j, 'maint')
  const out = { asset: word(f, 'asset'), from: time(f, 'from'), to: time(f, 'to') }
  f.text('why')
  return out.to <= out.from ? f.fail('to', "is not after 'from'") : out
}

const INCIDENT_STATES = ['detected', 'triaged', 'reported', 'notified', 'handled', 'rectified', 'verified', 'summarised', 'archived', 'false_positive']
export interface IncidentStep {
  iid: string
  fids: string[]
  severity: number
  level: string
  state: string
  by: string
  t: number
}
export function parseIncident(j: Json): IncidentStep {
  const f = new Fields(j, 'incident')
  const level = f.textOr('level', 2)
  if (level !== '' && !/^l[1-4]$/.test(level)) f.fail('level', 'is not l1..l4')
  const state = f.text('state', 32)
  if (!INCIDENT_STATES.includes(state)) f.fail('state', 'is not a state')
  f.textOr('reason')
  f.integerOr('reportedAt', 0, 0, MAX_INTEGER)
  return { iid: word(f, 'iid'), fids: f.texts('fids', 256), severity: f.integer('sev', 1, 5), level, state, by: f.text('by', 256), t: time(f, 't') }
}

export interface Gap {
  asset: string
  source: string
  from: number
  to: number
  cause: string
}
export function parseGap(j: Json): Gap {
  const f = new Fields(j, 'gap')
  return { asset: word(f, 'asset'), source: f.textOr('source', 128), from: time(f, 'from'), to: f.integerOr('to', 0, 0, MAX_INTEGER), cause: f.text('cause') }
}

export interface GapExplained {
  asset: string
  from: number
  to: number
}
export function parseGapExplained(j: Json): GapExplained {
  const f = new Fields(j, 'gap-explained')
  const out = { asset: f.textOr('asset', 128), from: time(f, 'from'), to: time(f, 'to') }
  f.text('why')
  f.text('by', 256)
  return out
}

// Asset-source-seconds. required = covered + degraded + planned + gap; late is part of covered, explained of gap.
export interface Totals {
  required: number
  covered: number
  late: number
  degraded: number
  planned: number
  gap: number
  explained: number
}
const TOTALS = ['required', 'covered', 'late', 'degraded', 'planned', 'gap', 'explained'] as const
export const noTotals = (): Totals => ({ required: 0, covered: 0, late: 0, degraded: 0, planned: 0, gap: 0, explained: 0 })
export function addTotals(to: Totals, more: Totals): void {
  for (const key of TOTALS) to[key] += more[key]
}
export const sameTotals = (a: Totals, b: Totals): boolean => TOTALS.every((key) => a[key] === b[key])
export const totalsJson = (t: Totals): JsonObject => object(...TOTALS.map((key): [string, Json] => [key, t[key]]))
function parseTotals(j: Json): Totals {
  const f = new Fields(j, 'coverage totals')
  const out = noTotals()
  for (const key of TOTALS) out[key] = count(f, key)
  return out
}

export interface Amendment {
  day: number
  seal: number
  leaves: number[] // numbers of the first MAX_AMENDED
  more: number
  counts: Counts
  covered: number // changes in seconds
  degraded: number
  gap: number
}
export const MAX_AMENDED = 4096
export const sameAmendments = (a: Amendment[], b: Amendment[]): boolean =>
  a.length === b.length &&
  a.every((x, i) => {
    const y = b[i]!
    return (
      x.day === y.day && x.seal === y.seal && x.more === y.more && x.covered === y.covered && x.degraded === y.degraded && x.gap === y.gap &&
      sameCounts(x.counts, y.counts) && x.leaves.length === y.leaves.length && x.leaves.every((l, k) => l === y.leaves[k])
    )
  })
export interface Seal {
  day: number
  from: number
  to: number
  n: number // over all logs of the unit; the log's own size is n - first
  first: number // number of the first leaf of its log
  final: boolean
  root: Digest
  counts: Counts
  coverage: Totals
  amends: Amendment[]
  prev: number
}
function sealDay(f: Fields): number {
  return parseDay(f.text('day', 10)) ?? f.fail('day', 'is not a date')
}
export function parseSeal(j: Json): Seal {
  const f = new Fields(j, 'seal')
  const day = sealDay(f)
  f.integer('tz', -840, 840)
  const from = time(f, 'from')
  const to = time(f, 'to')
  if (from % 1000 !== 0 || to % 1000 !== 0 || to < from || to - from > 86_400_000) f.fail('to', 'is not a day in whole seconds')
  for (const at of f.object('front').values()) {
    const [seq, pv] = Array.isArray(at) && at.length === 2 ? at : []
    if (typeof seq !== 'number' || seq < 0 || typeof pv !== 'string' || refused(attempt(() => parseDigest(pv)))) f.fail('front', 'holds something that is not [seq, digest]')
  }
  f.texts('rules', 4096)
  const amends = f.array('amends', 366).map((item): Amendment => {
    const a = new Fields(item, 'seal amends')
    const leaves = a.array('leaves', MAX_AMENDED).map((l) => (typeof l === 'number' && l >= 0 ? l : a.fail('leaves', 'holds something that is not an index')))
    const d = new Fields(a.object('covDelta'), 'covDelta')
    const delta = (key: string): number => d.integer(key, -MAX_INTEGER, MAX_INTEGER)
    return {
      day: sealDay(a), seal: count(a, 'seal'), leaves, more: a.integerOr('more', 0, 0, MAX_INTEGER), counts: counts(new Fields(a.object('countsDelta'), 'countsDelta')),
      covered: delta('covered'), degraded: delta('degraded'), gap: delta('gap'),
    }
  })
  f.textOr('store', 64)
  const half = Math.floor(MAX_INTEGER / 2)
  const first = f.integerOr('first', 0, 0, half)
  return {
    day,
    from,
    to,
    n: first + f.integer('n', 0, half),
    first,
    final: flag(j, 'final'),
    root: digest(f, 'h'),
    counts: counts(new Fields(f.object('counts'), 'counts')),
    coverage: parseTotals(f.object('cov')),
    amends,
    prev: f.integerOr('prev', -1, -1, MAX_INTEGER),
  }
}

// The first leaf of the log of a later year.
export interface Shard {
  origin: string
  size: number
  root: Digest
  first: number
  cut: number
  state: string
}
export function parseShard(j: Json): Shard {
  const f = new Fields(j, 'shard')
  f.text('checkpoint', 16_384)
  const state = f.text('state', 64)
  if (state.length !== 64) f.fail('state', 'is not a hex digest')
  return {
    origin: f.text('origin', 255), size: f.integer('size', 1, MAX_INTEGER), root: digest(f, 'root'), first: f.integer('first', 1, MAX_INTEGER), cut: time(f, 'cut'), state,
  }
}
// "…/2026" → 2026; 0 when the last part is not a year.
export const yearOf = (origin: string): number => Number(/\/([1-9][0-9]{3})$/.exec(origin)?.[1] ?? 0)
// Both name the same unit of the same collector, and `later` a later year.
export const succeeds = (earlier: string, later: string): boolean =>
  yearOf(earlier) > 0 && yearOf(later) > yearOf(earlier) && earlier.slice(0, -4) === later.slice(0, -4)

// Entries of a map in the order of their keys' bytes.
export const inOrder = <T>(map: Map<string, T>): [string, T][] => [...map].sort(([a], [b]) => byBytes(a, b))

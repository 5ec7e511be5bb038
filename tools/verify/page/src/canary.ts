// The canary test (lib/evidence/FORMAT.md, "Canaries"): the leaves, the plan, what the log says of them, and the bound that k of n supports.
import { attempt, concat, encode, fromBase64, refuse, refused, same } from './bytes'
import type { Find } from './body'
import { parseDigest, sha256, sha256Of, type Digest } from './hash'
import { Fields, MAX_INTEGER, object, parseJson, type Json, type JsonObject } from './json'
import { isWord } from './leaf'
import type { At, Facts, Text } from './replay'

const MAX_ITEMS = 128
const MAX_PLAN = 32_768
const MAX_BOUND = 1000
const MAX_FIDS = 64
const KINDS = ['file', 'stream', 'login', 'other']

// "fsc", 24 letters a..p at random and 8 that check them.
function isMarker(text: string): boolean {
  if (!/^fsc[a-p]{32}$/.test(text)) return false
  const check = sha256(concat(encode('fengsui-marker/v1\n'), encode(text.slice(3, 27)))).subarray(0, 4)
  const letters = [...check].map((b) => String.fromCharCode(97 + (b >> 4), 97 + (b & 15))).join('')
  return letters === text.slice(27)
}

const time = (f: Fields, key: string): number => f.integer(key, 0, MAX_INTEGER)
function word(f: Fields, key: string): string {
  const s = f.text(key, 128)
  return isWord(s) ? s : f.fail(key, 'is not a word')
}

interface Item {
  mark: string
  asset: string
  kind: string
  at: number
  within: number // seconds
}
interface Plan {
  cid: string
  dept: string
  items: Item[]
}
function parsePlan(text: string): Plan {
  const f = new Fields(parseJson(text, { maxBytes: MAX_PLAN, maxDepth: 4, oneLine: true }), 'canary plan')
  if (f.integer('v', 0, MAX_INTEGER) !== 1) f.fail('v', 'is not 1')
  const items = f.array('items', MAX_ITEMS).map((item): Item => {
    const one = new Fields(item, 'canary item')
    const mark = one.text('mk', 35)
    if (!isMarker(mark)) one.fail('mk', 'is not a marker')
    const kind = one.text('kind', 16)
    if (!KINDS.includes(kind)) one.fail('kind', 'is not a kind')
    return { mark, asset: word(one, 'asset'), kind, at: time(one, 'at'), within: one.integer('within', 1, 604_800) }
  })
  if (new Set(items.map((i) => i.mark)).size !== items.length) f.fail('items', 'holds a marker twice')
  if (items.length === 0) f.fail('items', 'is empty')
  return { cid: word(f, 'cid'), dept: word(f, 'dept'), items }
}

export interface CanaryCommit {
  cid: string
  commitment: Digest
  from: number
  to: number
  items: number
}
export function parseCanaryCommit(j: Json): CanaryCommit {
  const f = new Fields(j, 'canary-commit')
  const commitment = attempt(() => parseDigest(f.text('cm', 44)))
  const from = time(f, 'from')
  const to = time(f, 'to')
  time(f, 't')
  return {
    cid: word(f, 'cid'),
    commitment: refused(commitment) ? f.fail('cm', 'is not a digest') : commitment,
    from,
    to: to <= from ? f.fail('to', "is not after 'from'") : to,
    items: f.integer('items', 1, MAX_ITEMS),
  }
}

export interface CanaryReveal {
  cid: string
  salt: Uint8Array
  plan: string
}
export function parseCanaryReveal(j: Json): CanaryReveal {
  const f = new Fields(j, 'canary-reveal')
  const salt = fromBase64(f.text('salt', 44))
  if (salt.length !== 32) refuse("canary-reveal: 'salt' is not 32 bytes")
  time(f, 't')
  return { cid: word(f, 'cid'), salt, plan: f.text('plan', MAX_PLAN) }
}

// P(X >= detected) for a rate of `ppm`, in 2^-32, never below the true value. Every product stays below 2^53.
function tail(detected: number, planted: number, ppm: number): number {
  const missed = new Float64Array(planted - detected + 1)
  missed[0] = 2 ** 32
  for (let n = 0; n < planted; ++n)
    for (let m = missed.length - 1; m >= 0; --m) {
      const mass = missed[m]! * ppm + (m > 0 ? missed[m - 1]! * (1_000_000 - ppm) : 0) + 999_999
      missed[m] = (mass - (mass % 1_000_000)) / 1_000_000
    }
  return missed.reduce((sum, mass) => sum + mass, 0)
}
// One-sided 95 % lower bound (Clopper and Pearson), millionths: the largest rate for which so many found would be rarer than 1 in 20.
export function lowerBoundPpm(detected: number, planted: number): number {
  if (detected === 0) return 0
  let low = 0
  let high = 1_000_000
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (20 * tail(detected, planted, middle) <= 2 ** 32) low = middle
    else high = middle
  }
  return low
}

export const FAULTS: Record<string, Text> = {
  no_commitment: { zh: '揭示之前没有对应的承诺', en: 'a reveal without a commitment before it' },
  commit_again: { zh: '同一检验承诺了两次', en: 'a second commitment of the same test' },
  reveal_again: { zh: '同一检验揭示了两次', en: 'a second reveal of the same test' },
  committed_late: { zh: '承诺晚于投放时段的开始', en: 'committed to after its window had begun' },
  mismatch: { zh: '揭示的内容与承诺不符', en: 'the reveal is not what was committed to' },
  plan: { zh: '揭示的计划不合格式', en: 'the revealed plan is not one' },
  other_unit: { zh: '揭示的是另一个单位的计划', en: 'the revealed plan is of another unit' },
  outside_window: { zh: '计划中有投放时段以外的诱饵', en: 'the plan holds canaries outside its window' },
  revealed_early: { zh: '期限未到就已揭示', en: 'revealed before its last deadline' },
  marker_again: { zh: '诱饵标记已在别的计划中用过', en: 'a marker that an earlier plan has used' },
}

export interface CanaryTest {
  cid: string
  state: 'open' | 'revealed' | 'broken'
  why: string
  commit: number // leaves; -1 none
  reveal: number
  items: number
  from: number
  to: number
}
export const atFault = (t: CanaryTest): number => (t.why === 'committed_late' || t.why === 'commit_again' ? t.commit : t.reveal)

type Fate = 'found' | 'late' | 'early' | 'missed'
interface Thing {
  cid: string
  item: Item
  fate: Fate
  leaf: number // of the first finding with its marker
  rx: number
  finds: number
}
interface Marked {
  item: Item
  commitRx: number
  reveal: number
  thing: Thing | undefined // of the period
  fids: string[] // of findings before the reveal
}
interface Draft {
  test: CanaryTest
  commitRx: number
  commitment: Digest
}

// Of [from, to), by the leaves below asOf; looks only at findings whose own time is not before `from`.
export class Canaries {
  readonly tests: CanaryTest[] = []
  readonly things: Thing[] = []
  private readonly marked = new Map<string, Marked>()

  constructor(
    private readonly facts: Facts,
    private readonly from: number,
    private readonly to: number,
    asOf: number,
  ) {
    const drafts: Draft[] = []
    const byCid = new Map<string, Draft>()
    for (const { leaf, rx, body } of facts.canaryCommits) {
      if (leaf >= asOf) continue
      const test: CanaryTest = { cid: body.cid, state: 'open', why: '', commit: leaf, reveal: -1, items: body.items, from: body.from, to: body.to }
      const draft = { test, commitRx: rx, commitment: body.commitment }
      if (byCid.has(body.cid)) test.why = 'commit_again'
      else {
        byCid.set(body.cid, draft)
        if (rx > body.from) test.why = 'committed_late'
      }
      if (test.why !== '') test.state = 'broken'
      drafts.push(draft)
    }
    const orphans: CanaryTest[] = []
    for (const r of facts.canaryReveals) {
      if (r.leaf >= asOf) continue
      const draft = byCid.get(r.body.cid)
      const orphan = { cid: r.body.cid, state: 'broken', commit: -1, reveal: r.leaf, items: 0, from: 0, to: 0 } as const
      if (!draft || draft.test.commit > r.leaf) {
        if (r.rx >= from) orphans.push({ ...orphan, why: 'no_commitment' })
      } else if (draft.test.reveal >= 0) {
        if (r.rx >= from) orphans.push({ ...orphan, why: 'reveal_again', commit: draft.test.commit })
      } else this.judge(draft, r)
    }
    this.tests.push(...drafts.map((d) => d.test).filter((t) => t.from < to && t.to > from), ...orphans)
    this.sightings(asOf)
  }

  private judge(draft: Draft, r: At<CanaryReveal>): void {
    const { test: t } = draft
    t.reveal = r.leaf
    if (t.state === 'broken') return
    const plan = attempt(() => parsePlan(r.body.plan))
    const digest = sha256Of(encode('fengsui-canary/v1\n'), r.body.salt, encode(r.body.plan))
    if (!same(digest, draft.commitment)) t.why = 'mismatch'
    else if (refused(plan) || plan.cid !== t.cid || plan.items.length !== t.items) t.why = 'plan'
    else if (plan.dept !== this.facts.dept) t.why = 'other_unit'
    else if (plan.items.some((i) => i.at < t.from || i.at >= t.to)) t.why = 'outside_window'
    else if (r.rx < t.to || plan.items.some((i) => r.rx < i.at + i.within * 1000)) t.why = 'revealed_early'
    else if (plan.items.some((i) => this.marked.has(i.mark))) t.why = 'marker_again'
    t.state = t.why === '' ? 'revealed' : 'broken'
    if (refused(plan) || t.state === 'broken') return
    for (const item of plan.items) {
      const here = item.at >= this.from && item.at < this.to
      const thing: Thing | undefined = here ? { cid: t.cid, item, fate: 'missed', leaf: -1, rx: 0, finds: 0 } : undefined
      if (thing) this.things.push(thing)
      this.marked.set(item.mark, { item, commitRx: draft.commitRx, reveal: r.leaf, thing, fids: [] })
    }
  }

  private ofAsset(find: Find, m: Marked): boolean {
    return this.facts.agents.get(find.link.agent)?.asset === m.item.asset
  }
  private sightings(asOf: number): void {
    if (this.marked.size === 0) return
    for (const f of this.facts.finds) {
      if (f.leaf >= asOf || f.body.canary === '' || f.body.t < this.from) continue
      const m = this.marked.get(f.body.canary)
      if (!m || !this.ofAsset(f.body, m)) continue
      if (f.leaf < m.reveal && f.rx >= m.commitRx && m.fids.length < MAX_FIDS) m.fids.push(f.body.fid)
      const { thing, item } = m
      if (!thing || !this.excludes(f) || thing.finds++ > 0) continue
      thing.leaf = f.leaf
      thing.rx = f.rx
      thing.fate = f.rx < item.at ? 'early' : f.rx <= item.at + item.within * 1000 ? 'found' : 'late'
    }
  }

  // Whether a finding is a planted thing, which is not counted as what it looks like.
  excludes(f: At<Find>): boolean {
    const m = f.body.canary === '' ? undefined : this.marked.get(f.body.canary)
    if (!m || !this.ofAsset(f.body, m) || f.rx < m.commitRx) return false
    return f.leaf < m.reveal || m.fids.includes(f.body.fid)
  }
  // Ids of the findings that are planted things.
  fids(asOf: number): Set<string> {
    return new Set(this.facts.finds.filter((f) => f.leaf < asOf && f.body.t >= this.from && this.excludes(f)).map((f) => f.body.fid))
  }
  count(fate: Fate): number {
    return this.things.filter((t) => t.fate === fate).length
  }
  lowerBound(): number {
    const n = this.things.length
    const k = this.count('found')
    return n > MAX_BOUND ? lowerBoundPpm(Math.floor((k * MAX_BOUND) / n), MAX_BOUND) : lowerBoundPpm(k, n)
  }

  json(): JsonObject {
    const { tests, things } = this
    const leaves = (pick: (t: CanaryTest) => number): Json[] => tests.map(pick).filter((leaf) => leaf >= 0)
    return object(
      ['commitLeaves', leaves((t) => t.commit)], ['revealLeaves', leaves((t) => t.reveal)], ['planted', things.length], ['detected', this.count('found')],
      ['late', this.count('late')], ['early', this.count('early')], ['missed', this.count('missed')], ['lowerBound95Ppm', this.lowerBound()],
      ['open', leaves((t) => (t.state === 'open' ? t.commit : -1))],
      ['broken', tests.filter((t) => t.state === 'broken').map((t) => object(['cid', t.cid], ['leaf', atFault(t)], ['why', t.why]))],
      ['items', things.slice(0, MAX_BOUND).map((t) => {
        const one = object(['cid', t.cid], ['asset', t.item.asset], ['kind', t.item.kind], ['at', t.item.at], ['fate', t.fate])
        if (t.leaf >= 0) one.set('leaf', t.leaf).set('afterMs', t.rx - t.item.at).set('finds', t.finds)
        return one
      })],
    )
  }
}

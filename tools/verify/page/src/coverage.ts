// Coverage: every second of every required source is covered, degraded, planned or gap. Precedence live > late > degraded > planned > gap.
import { addTotals, noTotals, totalsJson, type Scope, type Totals } from './body'
import { byBytes } from './bytes'
import { object, type Json, type JsonObject } from './json'
import type { Beat, Facts } from './replay'
import { civil, dayOf, startOf } from './time'

export type Cover = 'gap' | 'planned' | 'degraded'
export interface Interval {
  asset: string
  source: string
  from: number
  to: number
  state: Cover
  cause: string
  ppm: number
  leaf: number
}
export interface Coverage {
  totals: Totals
  bySource: { asset: string; source: string; totals: Totals }[]
  intervals: Interval[]
  unlisted: number
  scopeFrom: number
  required: { from: number; to: number; sources: number }[] // whole seconds in ms: how many sources were required when
}
const MAX_INTERVALS = 100_000

// Higher wins. Causes rank below every state so that an unpainted second still says why.
const LOGGED = 0
const REFUSED = 1
const PLANNED = 2
const DEGRADED = 3
const LATE = 4
const LIVE = 5
const RANKS = 6

interface Span {
  a: number
  b: number
  rank: number
  cause: string
  leaf: number
  ppm: number
}
interface Verdict {
  rank: number
  cause: string
  ppm: number
}
interface Segment {
  a: number
  b: number
  scope: Scope
}

const up = (ms: number): number => Math.floor((ms + 999) / 1000)
const down = (ms: number): number => Math.floor(ms / 1000)
const CLOCK_SLACK = 60_000

const allowed = (digests: string[], digest: string): boolean => digests.length === 0 || digests.includes(digest)

// What speaks against a heartbeat as a whole; "" when nothing.
function objection(beat: Beat, scope: Scope): string {
  const h = beat.body
  if (Math.abs(h.b1 - h.b0 - (h.t1 - h.t0)) > 2000) return 'clock_step'
  if (2 * (h.t1 - h.t0) > 3 * scope.iv * 1000) return 'long_heartbeat'
  if (!beat.beaconOk) return 'beacon'
  if (h.t1 > beat.rx + CLOCK_SLACK) return 'clock_ahead'
  if (beat.beaconRx > h.t1 + CLOCK_SLACK) return 'backdated'
  if (h.t0 + CLOCK_SLACK < beat.bootT) return 'before_boot'
  if (beat.rx - h.t1 > scope.lateHours * 3_600_000) return 'too_late'
  if (!allowed(scope.rules, h.rules)) return 'rules'
  if (!allowed(scope.configs, h.config)) return 'config'
  if (!allowed(scope.binaries, h.binary)) return 'binary'
  if (beat.newlyLost !== 0) return 'spool_lost'
  return ''
}

function judge(beat: Beat, scope: Scope, source: string): Verdict {
  const why = objection(beat, scope)
  if (why !== '') return { rank: REFUSED, cause: why, ppm: 0 }
  const s = beat.body.sources.find((x) => x.id === source)
  if (!s) return { rank: REFUSED, cause: 'source_missing', ppm: 0 }
  const reason = s.reason === '' ? '' : ': ' + s.reason
  if (s.state === 'unavailable') return { rank: REFUSED, cause: 'unavailable' + reason, ppm: 0 }
  const dropped = BigInt(s.kdrop) + BigInt(s.ifdrop) + BigInt(s.ovf)
  const all = dropped + BigInt(s.rx)
  const ppm = all === 0n ? 0 : Number((dropped * 1_000_000n) / all)
  if (ppm > scope.degradedPpm) return { rank: REFUSED, cause: 'loss', ppm }
  if (ppm > scope.coveredPpm) return { rank: DEGRADED, cause: 'loss', ppm }
  if (s.state === 'degraded') return { rank: DEGRADED, cause: 'degraded' + reason, ppm }
  if (s.lost !== 0) return { rank: DEGRADED, cause: 'lost_events', ppm }
  return { rank: beat.rx - beat.body.t1 <= scope.liveMs ? LIVE : LATE, cause: '', ppm }
}

// A later scope never reaches back before its own receipt: what was required stays required.
function segments(facts: Facts, a: number, b: number, asOf: number): Segment[] {
  const starts: { from: number; scope: Scope }[] = []
  for (const s of facts.scopes) {
    if (s.leaf >= asOf) continue
    const from = up(starts.length === 0 ? s.body.from : Math.max(s.body.from, s.rx))
    while (starts.length > 0 && starts.at(-1)!.from >= from) starts.pop()
    starts.push({ from, scope: s.body })
  }
  return starts
    .map((s, i) => ({ a: Math.max(a, s.from), b: Math.min(b, starts[i + 1]?.from ?? b), scope: s.scope }))
    .filter((s) => s.a < s.b)
}

// Announced windows of one asset, in the order of their leaves, until the month's budget is used up.
function plannedSpans(facts: Facts, asset: string, scope: Scope, asOf: number): Span[] {
  const out: Span[] = []
  const used = new Map<string, number>()
  const taken: [number, number][] = []
  for (const m of facts.maintenance) {
    if (m.leaf >= asOf || m.body.asset !== asset) continue
    let a = up(m.body.from)
    const b = down(m.body.to)
    if (m.rx > m.body.from) {
      out.push({ a, b, rank: REFUSED, cause: 'maintenance_not_announced', leaf: m.leaf, ppm: 0 })
      continue
    }
    while (a < b) {
      const day = dayOf(a * 1000, scope.tz)
      let end = Math.min(b, startOf(day + 1, scope.tz) / 1000)
      // Seconds that an earlier window has paid for are free.
      let free = false
      for (const [x, y] of taken) {
        if (a >= x && a < y) {
          end = Math.min(end, y)
          free = true
        } else if (x > a) {
          end = Math.min(end, x)
        }
      }
      if (!free) {
        const { year, month } = civil(day)
        const key = `${year}-${month}`
        const spent = used.get(key) ?? 0
        const paid = Math.min(end, a + Math.max(0, scope.plannedMinutes * 60 - spent))
        if (paid > a) {
          out.push({ a, b: paid, rank: PLANNED, cause: 'maintenance', leaf: m.leaf, ppm: 0 })
          taken.push([a, paid])
          used.set(key, spent + paid - a)
        }
        if (paid < end) out.push({ a: paid, b: end, rank: REFUSED, cause: 'maintenance_over_budget', leaf: m.leaf, ppm: 0 })
      }
      a = end
    }
  }
  return out
}

// The smallest index that has not ended: spans of one rank that are active.
class Active {
  private readonly heap: number[] = []
  private readonly ended = new Set<number>()
  begin(i: number): void {
    const h = this.heap
    h.push(i)
    for (let k = h.length - 1; k > 0; ) {
      const p = (k - 1) >> 1
      if (h[p]! <= h[k]!) break
      ;[h[p], h[k]] = [h[k]!, h[p]!]
      k = p
    }
  }
  end(i: number): void {
    this.ended.add(i)
  }
  first(): number | undefined {
    const h = this.heap
    while (h.length > 0 && this.ended.has(h[0]!)) {
      this.ended.delete(h[0]!)
      const last = h.pop()!
      if (h.length === 0) break
      h[0] = last
      for (let k = 0; ; ) {
        let c = 2 * k + 1
        if (c >= h.length) break
        if (c + 1 < h.length && h[c + 1]! < h[c]!) ++c
        if (h[k]! <= h[c]!) break
        ;[h[c], h[k]] = [h[k]!, h[c]!]
        k = c
      }
    }
    return h[0]
  }
}

class SourceAccount {
  private readonly spans: Span[] = []
  constructor(
    private readonly facts: Facts,
    private readonly segment: Segment,
    private readonly asset: { asset: string; agent: string },
    private readonly source: string,
    private readonly asOf: number,
  ) {}

  run(windows: Span[], out: Coverage, totals: Totals): void {
    for (const w of windows) this.add(w)
    this.addBeats()
    for (const g of this.facts.gaps) {
      if (g.leaf >= this.asOf || g.body.asset !== this.asset.asset || (g.body.source !== '' && g.body.source !== this.source)) continue
      this.add({ a: down(g.body.from), b: g.body.to === 0 ? this.segment.b : up(g.body.to), rank: LOGGED, cause: g.body.cause, leaf: g.leaf, ppm: 0 })
    }
    this.sweep(out, totals)
  }

  private add(span: Span): void {
    const a = Math.max(span.a, this.segment.a)
    const b = Math.min(span.b, this.segment.b)
    if (a < b) this.spans.push({ ...span, a, b })
  }

  private addBeats(): void {
    let before: Verdict | undefined
    for (const beat of this.facts.beats.get(this.asset.agent) ?? []) {
      if (beat.leaf >= this.asOf) break
      const h = beat.body
      if (down(h.t1) < this.segment.a - 1 || down(h.t0) > this.segment.b) {
        before = undefined
        continue
      }
      const verdict = judge(beat, this.segment.scope, this.source)
      this.add({ a: up(h.t0), b: down(h.t1), rank: verdict.rank, cause: verdict.cause, leaf: beat.leaf, ppm: verdict.ppm })
      // The second in which one heartbeat ends and the next begins belongs to the worse of both.
      if (beat.follows && before && h.t0 % 1000 !== 0) {
        const worse = before.rank < verdict.rank ? before : verdict
        this.add({ a: down(h.t0), b: down(h.t0) + 1, rank: worse.rank, cause: worse.cause, leaf: beat.leaf, ppm: worse.ppm })
      }
      before = verdict
    }
  }

  private explained(u: number): boolean {
    return this.facts.explanations.some(
      (e) => e.leaf < this.asOf && (e.body.asset === '' || e.body.asset === this.asset.asset) && e.body.from <= u * 1000 && (u + 1) * 1000 <= e.body.to,
    )
  }

  private sweep(out: Coverage, totals: Totals): void {
    const { a: low, b: high } = this.segment
    const cuts = new Set([low, high])
    const events: { at: number; begins: boolean; span: number }[] = []
    this.spans.forEach((s, i) => {
      events.push({ at: s.a, begins: true, span: i }, { at: s.b, begins: false, span: i })
      cuts.add(s.a).add(s.b)
    })
    for (const e of this.facts.explanations)
      for (const cut of [up(e.body.from), down(e.body.to)]) if (e.leaf < this.asOf && cut > low && cut < high) cuts.add(cut)
    events.sort((x, y) => x.at - y.at)
    const places = [...cuts].sort((x, y) => x - y)
    const active = Array.from({ length: RANKS }, () => new Active())
    let next = 0
    for (let c = 0; c + 1 < places.length; ++c) {
      for (; next < events.length && events[next]!.at <= places[c]!; ++next) {
        const { span, begins } = events[next]!
        if (begins) active[this.spans[span]!.rank]!.begin(span)
        else active[this.spans[span]!.rank]!.end(span)
      }
      let top: Span | undefined
      for (let r = RANKS; r-- > 0 && !top; ) {
        const first = active[r]!.first()
        if (first !== undefined) top = this.spans[first]
      }
      this.piece(places[c]!, places[c + 1]!, top, out, totals)
    }
  }

  private piece(a: number, b: number, top: Span | undefined, out: Coverage, totals: Totals): void {
    const n = b - a
    totals.required += n
    if (top && top.rank >= LATE) {
      totals.covered += n
      if (top.rank === LATE) totals.late += n
      return
    }
    let state: Cover = 'gap'
    if (top?.rank === DEGRADED) {
      state = 'degraded'
      totals.degraded += n
    } else if (top?.rank === PLANNED) {
      state = 'planned'
      totals.planned += n
    } else {
      totals.gap += n
      if (this.explained(a)) totals.explained += n
    }
    const cause = top ? top.cause : 'no_heartbeat'
    const ppm = top ? top.ppm : 0
    const { asset } = this.asset
    const last = out.intervals.at(-1)
    if (last && last.asset === asset && last.source === this.source && last.to === a * 1000 && last.state === state && last.cause === cause) {
      last.to = b * 1000
      last.ppm = Math.max(last.ppm, ppm)
    } else if (out.intervals.length < MAX_INTERVALS) {
      out.intervals.push({ asset, source: this.source, from: a * 1000, to: b * 1000, state, cause, ppm, leaf: top ? top.leaf : -1 })
    } else {
      ++out.unlisted
    }
  }
}

// Accounts for [from, to), both whole seconds in ms, by the leaves below `asOf`. Seconds before the first scope are not required.
export function account(facts: Facts, from: number, to: number, asOf: number): Coverage {
  const out: Coverage = { totals: noTotals(), bySource: [], intervals: [], unlisted: 0, scopeFrom: 0, required: [] }
  const parts = segments(facts, from / 1000, to / 1000, asOf)
  if (parts.length > 0) out.scopeFrom = parts[0]!.a * 1000
  const order = new Map<string, { asset: string; source: string; totals: Totals }>()
  for (const part of parts) {
    let sources = 0
    for (const asset of part.scope.assets)
      for (const source of asset.sources) {
        ++sources
        const key = `${asset.asset}\n${source}` // a word holds no line feed
        if (!order.has(key)) order.set(key, { asset: asset.asset, source, totals: noTotals() })
      }
    out.required.push({ from: part.a * 1000, to: part.b * 1000, sources })
  }
  const wanted = [...order.values()].sort((x, y) => byBytes(x.asset, y.asset) || byBytes(x.source, y.source))
  for (const one of wanted)
    for (const part of parts)
      for (const asset of part.scope.assets)
        if (asset.asset === one.asset && asset.sources.includes(one.source))
          new SourceAccount(facts, part, asset, one.source, asOf).run(plannedSpans(facts, asset.asset, part.scope, asOf), out, one.totals)
  for (const one of wanted) addTotals(out.totals, one.totals)
  out.bySource = wanted
  return out
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : Number((BigInt(part) * 1_000_000n) / BigInt(whole)))
export const coveredPpm = (t: Totals): number => ratio(t.covered, t.required - t.planned)
export const coveredPpmExplained = (t: Totals): number => ratio(t.covered, t.required - t.planned - t.explained)

export function coverageJson(c: Coverage): JsonObject {
  const t = c.totals
  const intervals = c.intervals.map((i) => {
    const one = object(['asset', i.asset], ['source', i.source], ['from', i.from], ['to', i.to], ['state', i.state], ['cause', i.cause])
    if (i.ppm !== 0) one.set('dropPpm', i.ppm)
    if (i.leaf >= 0) one.set('leaf', i.leaf)
    return one
  })
  const sources: Json[] = c.bySource.map((s) => object(['asset', s.asset], ['source', s.source], ['totals', totalsJson(s.totals)]))
  return object(
    ['unit', 'assetSourceSeconds'], ['required', t.required], ['covered', t.covered], ['ofWhichLate', t.late], ['degraded', t.degraded], ['planned', t.planned],
    ['gap', t.gap], ['ofWhichExplained', t.explained], ['coveredPpm', coveredPpm(t)], ['scopeFrom', c.scopeFrom], ['unlisted', c.unlisted], ['sources', sources], ['intervals', intervals],
  )
}

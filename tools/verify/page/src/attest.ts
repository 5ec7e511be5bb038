// What a log supports saying about a unit and a period: decided again, and the parts of the statement that follow from the log alone.
import { countsJson, inOrder, noCounts, type Counts, type IncidentStep, type Scope } from './body'
import { atFault, Canaries, FAULTS } from './canary'
import { account, coveredPpmExplained, coverageJson, type Coverage } from './coverage'
import { object, type Json, type JsonObject } from './json'
import type { At, Facts, Text } from './replay'
import { CHINA_MINUTES, dayOf, dayText, rfc3339, startOf } from './time'

export interface Period {
  dept: string
  from: number
  to: number
  asOf: number
  minCoveredPpm: number
  minCanaryPpm: number
}
interface Reason {
  code: string
  day: string
  leaf: number
  text: Text
}
export interface Decision {
  outcome: 'issued' | 'issued_with_notes' | 'refused'
  incidentFree: boolean
  provisional: boolean
  refusals: Reason[]
  notes: Reason[]
  coverage: Coverage
}
const MAX_REASONS = 200

// An incident as its newest step has it.
interface Case {
  iid: string
  last: At<IncidentStep>
  steps: At<IncidentStep>[]
  falsePositive: boolean // by two people
  confirmed: boolean // somebody triaged it and it was not false
}
function casesOf(facts: Facts, asOf: number): Case[] {
  const out = new Map<string, Case>()
  for (const step of facts.incidents) {
    if (step.leaf >= asOf) continue
    let c = out.get(step.body.iid)
    if (!c) out.set(step.body.iid, (c = { iid: step.body.iid, last: step, steps: [], falsePositive: false, confirmed: false }))
    c.steps.push(step)
    c.last = step
    if (step.body.state === 'false_positive') {
      c.falsePositive = step.signers >= 2
      if (c.falsePositive) c.confirmed = false
    } else {
      c.falsePositive = false
      if (step.body.state !== 'detected') c.confirmed = true
    }
  }
  return inOrder(out).map(([, c]) => c)
}
// By finding: the first case that is no false positive, else the last that names it.
function caseIndex(cases: Case[]): Map<string, Case> {
  const out = new Map<string, Case>()
  for (const c of cases)
    for (const step of c.steps)
      for (const fid of step.body.fids) {
        const found = out.get(fid)
        if (!found || found.falsePositive) out.set(fid, c)
      }
  return out
}
// Whether an incident is about planted things and nothing else.
function onlyCanaries(c: Case, fids: Set<string>): boolean {
  const named = c.steps.flatMap((s) => s.body.fids)
  return named.length > 0 && named.every((fid) => fids.has(fid))
}
// Millionths as people read them: 904966 → "90.49%".
export function percentText(ppm: number): string {
  const hundredths = Math.floor(ppm / 100)
  return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}%`
}
function newestScope(facts: Facts, asOf: number): Scope | undefined {
  let out: Scope | undefined
  for (const s of facts.scopes) if (s.leaf < asOf) out = s.body
  return out
}

export function countFindings(facts: Facts, from: number, to: number, asOf: number): Counts {
  const out = noCounts()
  for (const f of facts.finds) if (f.leaf < asOf && f.body.t >= from && f.body.t < to) ++out[f.body.severity]!
  return out
}

class Decider {
  private readonly cases: Case[]
  private readonly byFinding: Map<string, Case>
  private readonly scope: Scope | undefined
  private readonly out: Decision
  private openFindings = 0
  private readonly canaries: Canaries
  private readonly planted: Set<string> // ids of findings that are canaries

  constructor(
    private readonly facts: Facts,
    private readonly period: Period,
    problems: number,
  ) {
    this.cases = casesOf(facts, period.asOf)
    this.byFinding = caseIndex(this.cases)
    this.scope = newestScope(facts, period.asOf)
    this.canaries = new Canaries(facts, period.from, period.to, period.asOf)
    this.planted = this.canaries.fids(period.asOf)
    this.out = {
      outcome: 'refused', incidentFree: false, provisional: false, refusals: [], notes: [], coverage: account(facts, period.from, period.to, period.asOf),
    }
    if (problems > 0) this.refuse('chain', '', -1, `日志中有 ${problems} 处链或签名错误`, `the log holds ${problems} broken chains or signatures`)
  }

  run(): Decision {
    const { out } = this
    this.days()
    this.scopeInForce()
    this.incidents()
    this.findings()
    this.coverage()
    this.amendments()
    this.canaryTests()
    const { unknown } = this.facts
    if (unknown > 0) this.note('unknown_leaves', '', -1, `${unknown} 条记录类型未知`, `${unknown} leaves of unknown kinds`)
    out.outcome = out.refusals.length > 0 ? 'refused' : out.notes.length === 0 ? 'issued' : 'issued_with_notes'
    out.incidentFree = this.openFindings === 0 && out.outcome !== 'refused' && !out.provisional && this.withinGapPolicy()
    return out
  }

  private refuse(code: string, day: string, leaf: number, zh: string, en: string): void {
    if (this.out.refusals.length < MAX_REASONS) this.out.refusals.push({ code, day, leaf, text: { zh, en } })
  }
  private note(code: string, day: string, leaf: number, zh: string, en: string): void {
    if (this.out.notes.length < MAX_REASONS) this.out.notes.push({ code, day, leaf, text: { zh, en } })
  }
  private inPeriod(t: number): boolean {
    return t >= this.period.from && t < this.period.to
  }

  private days(): void {
    const { facts, period } = this
    for (let day = dayOf(period.from); startOf(day) < period.to; ++day) {
      const a = Math.max(period.from, startOf(day))
      const b = Math.min(period.to, startOf(day + 1))
      if (facts.seals.some((s) => s.leaf < period.asOf && s.body.day === day && s.body.from <= a && s.body.to >= b)) continue
      const explained = facts.explanations.find((e) => e.leaf < period.asOf && e.body.asset === '' && e.body.from <= a && e.body.to >= b)
      const name = dayText(day)
      if (explained) this.note('explained_gap', name, explained.leaf, `${name} 无封存记录，已说明原因`, `${name} has no sealed record; explained`)
      else this.refuse('day_not_sealed', name, -1, `${name} 无封存记录，也无经批准的说明`, `${name} has no sealed record and no approved explanation`)
    }
  }

  private scopeInForce(): void {
    const from = this.out.coverage.scopeFrom
    if (this.out.coverage.totals.required === 0) return this.refuse('scope_missing', '', -1, '时段内没有生效的监测范围', 'no scope is in force in the period')
    if (from <= this.period.from) return
    const day = dayText(dayOf(from))
    const first = dayOf(this.period.from)
    if (startOf(first + 1) <= from) this.refuse('scope_missing', dayText(first), -1, `监测范围自 ${day} 起才生效`, `the scope is in force only from ${day}`)
    else this.note('scope_starts', day, -1, `监测范围自 ${rfc3339(from)} 起生效`, `the scope is in force from ${rfc3339(from)}`)
  }

  private incidents(): void {
    const found = new Set<Case>()
    for (const f of this.facts.finds) {
      const c = this.byFinding.get(f.body.fid)
      if (c && f.leaf < this.period.asOf && this.inPeriod(f.body.t)) found.add(c)
    }
    for (const c of this.cases) {
      if (!c.confirmed || onlyCanaries(c, this.planted)) continue
      if (!c.steps.some((s) => this.inPeriod(s.body.t)) && !found.has(c)) continue
      this.refuse('incident', dayText(dayOf(c.steps[0]!.body.t)), c.last.leaf, `时段内有经确认的数据安全事件 ${c.iid}`, `a confirmed incident in the period: ${c.iid}`)
    }
  }

  private findings(): void {
    const threshold = this.scope ? this.scope.threshold : 4
    let untriaged = 0
    for (const f of this.facts.finds) {
      if (f.leaf >= this.period.asOf || !this.inPeriod(f.body.t) || this.canaries.excludes(f)) continue
      const c = f.body.severity >= Math.min(4, threshold) ? this.byFinding.get(f.body.fid) : undefined
      if (f.body.severity >= threshold && !c?.falsePositive) ++this.openFindings
      if (f.body.severity >= 4 && !(c && (c.falsePositive || c.confirmed)) && ++untriaged <= 20)
        this.refuse('untriaged', dayText(dayOf(f.body.t)), f.leaf, '橙色或红色发现未研判：' + f.body.rule, 'an orange or red finding is untriaged: ' + f.body.rule)
    }
    if (untriaged > 20) this.refuse('untriaged', '', -1, `另有 ${untriaged - 20} 项未研判`, `${untriaged - 20} more are untriaged`)
  }

  private coverage(): void {
    const { totals: t, unlisted, intervals } = this.out.coverage
    const { minCoveredPpm } = this.period
    if (unlisted > 0) this.refuse('unlisted', '', -1, '缺口过多，无法全部列出', 'more intervals than can be listed')
    const ppm = coveredPpmExplained(t)
    if (t.required > 0 && t.required > t.planned + t.explained && ppm < minCoveredPpm)
      this.refuse('coverage', '', -1, `主机覆盖率 ${percentText(ppm)}，低于 ${percentText(minCoveredPpm)}`, `host coverage ${percentText(ppm)}, below ${percentText(minCoveredPpm)}`)
    if (t.explained > 0) this.note('explained_gap', '', -1, `有 ${t.explained} 秒缺口已说明`, `${t.explained} seconds of gap are explained`)
    if (t.gap > t.explained) this.note('gap', '', -1, `有 ${t.gap - t.explained} 秒监测缺口`, `${t.gap - t.explained} seconds are a gap`)
    const seen = new Set<string>()
    for (const i of intervals) {
      const name = `${i.asset} ${i.source}`
      if (!i.cause.startsWith('unavailable') || seen.has(name)) continue
      seen.add(name)
      this.note('sensor_unavailable', dayText(dayOf(i.from)), i.leaf, `${i.asset} 的 ${i.source} 不可用`, `${i.source} of ${i.asset} was unavailable`)
    }
    if (this.scope && this.facts.lastRx < this.period.to + this.scope.lateHours * 3_600_000) {
      this.out.provisional = true
      this.note('provisional', '', -1, '补录期限未到，结论为暂定', 'records may still arrive late: provisional')
    }
  }

  private amendments(): void {
    for (const s of this.facts.seals)
      for (const a of s.body.amends)
        if (s.leaf < this.period.asOf && touches(a.day, this.period)) this.note('amended', dayText(a.day), s.leaf, `${dayText(a.day)} 有补录`, `${dayText(a.day)} has a supplement`)
  }

  private canaryTests(): void {
    const { canaries } = this
    for (const t of canaries.tests) {
      const fault = FAULTS[t.why]
      if (t.state === 'broken' && fault)
        this.refuse('canary_broken', '', atFault(t), `诱饵检验 ${t.cid} 不成立：${fault.zh}`, `the canary test ${t.cid} does not hold up: ${fault.en}`)
      else if (t.state === 'open') this.note('canary_open', '', t.commit, `诱饵检验 ${t.cid} 尚未揭示`, `the canary test ${t.cid} is not revealed`)
    }
    const planted = canaries.things.length
    const found = canaries.count('found')
    if (found === planted) return
    const bound = percentText(canaries.lowerBound())
    const zh = `诱饵按期发现 ${found}/${planted}，发现率下限 ${bound}（95%）`
    const en = `${found}/${planted} canaries were found in time; lower bound of the rate ${bound} (95 %)`
    const least = this.period.minCanaryPpm
    if (found * 1_000_000 >= planted * least) return this.note('canary_missed', '', -1, zh, en)
    this.refuse('canary_missed', '', -1, `${zh}，低于 ${percentText(least)}`, `${en}, less than ${percentText(least)}`)
  }

  private withinGapPolicy(): boolean {
    const t = this.out.coverage.totals
    return this.scope !== undefined && t.required > 0 && BigInt(t.gap) * 1_000_000n <= BigInt(t.required) * BigInt(this.scope.gapPpm)
  }
}
const touches = (day: number, p: Period): boolean => startOf(day) < p.to && startOf(day + 1) > p.from

export const decide = (facts: Facts, period: Period, problems: number): Decision => new Decider(facts, period, problems).run()

const reasonsJson = (list: Reason[]): Json[] =>
  list.map((r) => {
    const one = object(['code', r.code], ['zh', r.text.zh], ['en', r.text.en])
    if (r.day !== '') one.set('day', r.day)
    if (r.leaf >= 0) one.set('leaf', r.leaf)
    return one
  })

function findingsJson(facts: Facts, p: Period, cases: Case[], canaries: Canaries): JsonObject {
  let planted = 0
  const now = noCounts()
  const index = caseIndex(cases)
  const downgrades: Json[] = []
  for (const f of facts.finds) {
    if (f.leaf >= p.asOf || f.body.t < p.from || f.body.t >= p.to) continue
    if (canaries.excludes(f)) {
      ++planted
      continue
    }
    const c = index.get(f.body.fid)
    let { severity } = f.body
    if (c?.falsePositive) severity = 0
    else if (c && c.last.signers >= 2) severity = Math.min(severity, c.last.body.severity)
    else if (c) severity = Math.max(severity, c.last.body.severity)
    if (severity > 0) ++now[severity]!
    if (c && severity < f.body.severity && downgrades.length < 4096)
      downgrades.push(object(['fid', f.body.fid], ['from', f.body.severity], ['to', severity], ['by', c.last.body.by], ['leaf', c.last.leaf]))
  }
  const out = object(['bySeverity', countsJson(now)], ['rawBySeverity', countsJson(countFindings(facts, p.from, p.to, p.asOf))], ['downgrades', downgrades])
  return planted > 0 ? out.set('canaries', planted) : out
}

function incidentsJson(facts: Facts, p: Period, d: Decision, cases: Case[], planted: Set<string>): JsonObject {
  const scope = newestScope(facts, p.asOf)
  const items: Json[] = []
  let count = 0
  for (const c of cases) {
    const first = c.steps[0]!.body
    if (first.t >= p.to) continue
    const exercise = onlyCanaries(c, planted)
    if (c.confirmed && !exercise) ++count
    const one = object(
      ['id', c.iid], ['findings', [...c.last.body.fids]], ['severity', c.last.body.severity], ['officialLevel', c.last.body.level], ['state', c.last.body.state],
      ['confirmed', c.confirmed], ['openedLeaf', c.steps[0]!.leaf],
    )
    if (exercise) one.set('canary', true)
    for (const [key, state] of [['reportedAfterS', 'reported'], ['handledAfterS', 'handled'], ['archivedAfterS', 'archived']] as const) {
      const step = c.steps.find((s) => s.body.state === state)
      const after = step ? Math.trunc((step.body.t - first.t) / 1000) : -1
      if (after >= 0) one.set(key, after)
    }
    items.push(one)
  }
  return object(['threshold', scope ? scope.threshold : 4], ['incidentFree', d.incidentFree], ['count', count], ['items', items])
}

// The parts of the predicate that follow from the log alone.
export function derived(facts: Facts, p: Period, d: Decision): JsonObject {
  const cases = casesOf(facts, p.asOf)
  const canaries = new Canaries(facts, p.from, p.to, p.asOf)
  const decision = object(['outcome', d.outcome], ['minCoveredPpm', p.minCoveredPpm])
  if (canaries.tests.length > 0) decision.set('minCanaryPpm', p.minCanaryPpm)
  decision.set('refusals', reasonsJson(d.refusals)).set('notes', reasonsJson(d.notes))
  const seals: Json[] = []
  const amendments: Json[] = []
  for (const s of facts.seals) {
    if (s.leaf >= p.asOf) continue
    if (s.body.from < p.to && s.body.to > p.from) seals.push(s.leaf)
    for (const a of s.body.amends)
      if (touches(a.day, p)) amendments.push(object(['day', dayText(a.day)], ['seal', a.seal], ['by', s.leaf], ['leaves', a.leaves.length + a.more]))
  }
  const digests = new Map<string, [number, number]>()
  for (const beats of facts.beats.values())
    for (const b of beats) {
      if (b.leaf >= p.asOf || b.body.t0 >= p.to || b.body.t1 <= p.from) continue
      const span = digests.get(b.body.rules)
      if (span) digests.set(b.body.rules, [Math.min(span[0], b.body.t0), Math.max(span[1], b.body.t1)])
      else digests.set(b.body.rules, [b.body.t0, b.body.t1])
    }
  const rules: Json[] = inOrder(digests).map(([digest, [from, to]]) => object(['digest', object(['sha256', digest])], ['from', from], ['to', to]))
  const agents: Json[] = inOrder(facts.agents).map(([name, a]) =>
    object(
      ['id', name], ['asset', a.asset], ['records', a.records], ['epochs', a.epochs], ['boots', a.boots], ['enrolLeaf', a.enrolLeaf], ['chainBreaks', a.chainBreaks], ['revoked', a.revoked],
    ),
  )
  const assets = new Set(d.coverage.bySource.map((s) => s.asset)).size
  return object(
    ['scope', object(
      ['department', p.dept], ['from', p.from], ['to', p.to], ['tz', CHINA_MINUTES], ['scopeLeaves', facts.scopes.filter((s) => s.leaf < p.asOf).map((s) => s.leaf)],
      ['assets', assets], ['sources', d.coverage.bySource.length],
    )],
    ['seals', seals],
    ['coverage', coverageJson(d.coverage)],
    ['findings', findingsJson(facts, p, cases, canaries)],
    ['incidents', incidentsJson(facts, p, d, cases, canaries.fids(p.asOf))],
    ['rules', rules],
    ['agents', agents],
    ['amendments', amendments],
    ['canaries', canaries.json()],
    ['provisional', d.provisional],
    ['decision', decision],
  )
}

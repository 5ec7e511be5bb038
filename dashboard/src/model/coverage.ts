// Silence is never safety: what may stand in the place of a number, given what was watched.
import type { Agent, Coverage, DailyRecord, Gap, SeverityCounts, StageRow } from '@/api/types'
import { SEVERITIES } from '@/api/types'
import { DAY_MS, HOUR_MS, dayStart } from './format'

export function total(counts: SeverityCounts): number {
  return SEVERITIES.reduce((sum, s) => sum + counts[s], 0)
}

// Seconds in which somebody watched, with or without known loss.
function watched(c: Coverage | null): number {
  return c === null ? 0 : c.covered + c.degraded
}

// none: nobody watched; partial: somebody did, some of the time or with loss; full: every required second.
export type Watch = 'none' | 'partial' | 'full'
export function watch(c: Coverage | null): Watch {
  if (c === null || c.required === 0 || watched(c) === 0) return 'none'
  return c.gap === 0 && c.degraded === 0 ? 'full' : 'partial'
}

// Of the six stages, those over which somebody watched. "100 % of what is required" says nothing of the others.
export function watchedStages(day: DailyRecord): number {
  return day.stages.filter((s) => watch(s.coverage) !== 'none').length
}

// What a count may be shown as. A zero that nobody watched over is a gap; a count above zero is a fact in any case.
export type Figure = { kind: 'count'; value: number } | { kind: 'gap' }
export function figure(value: number, coverage: Coverage | null): Figure {
  return value === 0 && watch(coverage) === 'none' ? { kind: 'gap' } : { kind: 'count', value }
}

export function stageFigure(row: StageRow): Figure {
  return figure(total(row.findings), row.coverage)
}

// Shares of the required seconds, for the bar. They add up to 1, or there is none.
export interface Shares {
  covered: number
  degraded: number
  planned: number
  gap: number
}
export function shares(c: Coverage | null): Shares | null {
  if (c === null || c.required === 0) return null
  const of = (n: number) => n / c.required
  return { covered: of(c.covered), degraded: of(c.degraded), planned: of(c.planned), gap: of(c.gap) }
}

export type HourState = 'future' | 'gap' | 'watched'
export interface Hour {
  hour: number
  count: number
  state: HourState
}
// Every hour of the record's day: not begun yet, not watched throughout, or watched. `since` is when the first agent of the
// unit was enrolled, null when none was: before it nobody watched, though nothing was required either. The same holds after
// an early seal. Where gaps were cut off from the answer no hour may claim to have been watched.
export function hours(day: DailyRecord, since: number | null): Hour[] {
  const start = dayStart(day.date)
  const opened = since ?? Number.POSITIVE_INFINITY
  const until = day.seal?.to ?? day.as_of
  const blind = watch(day.coverage) === 'none' || day.gaps_total > day.gaps.length
  return day.hourly.map((n, hour) => {
    const from = start + hour * HOUR_MS
    const end = Math.min(from + HOUR_MS, day.as_of)
    const outside = from < opened || end > until
    const state: HourState = from >= day.as_of ? 'future' : blind || outside || touched(day.gaps, from, end) ? 'gap' : 'watched'
    return { hour, count: n, state }
  })
}

function touched(gaps: readonly Gap[], from: number, to: number): boolean {
  return gaps.some((g) => g.from < to && g.to > from)
}

// The part of a gap that lies in the local day, in seconds.
export function gapSeconds(gap: Gap, date: string): number {
  const start = dayStart(date)
  return Math.max(0, Math.min(gap.to, start + DAY_MS) - Math.max(gap.from, start)) / 1000
}

// When the first of the agents was enrolled; null when none was.
export function firstEnrolled(agents: readonly Agent[]): number | null {
  const times = agents.map((a) => a.enrolled).filter((t): t is number => t !== null)
  return times.length > 0 ? Math.min(...times) : null
}

// One verdict for a day, worst first. `blind` is not `quiet`: nothing was watched, so nothing can be said.
export type Verdict = 'blind' | 'urgent' | 'attention' | 'gaps' | 'quiet'
export function verdict(day: DailyRecord): Verdict {
  if (day.findings.high + day.findings.critical > 0) return 'urgent'
  if (watch(day.coverage) === 'none') return 'blind'
  if (day.findings_total > day.findings.informational) return 'attention'
  if (day.coverage.gap > 0 || day.gaps_total > 0 || day.hosts.missing.length > 0) return 'gaps'
  if (day.stages.some((s) => watch(s.coverage) === 'none')) return 'gaps'
  return 'quiet'
}

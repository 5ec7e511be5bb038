import { describe, expect, it } from 'vitest'
import type { Agent, Coverage, DailyRecord, SeverityCounts, StageRow } from '@/api/types'
import { STAGES } from '@/api/types'
import { figure, firstEnrolled, gapSeconds, hours, shares, stageFigure, total, verdict, watch, watchedStages } from '@/model/coverage'
import { dayStart } from '@/model/format'

const DATE = '2026-11-24'
const START = dayStart(DATE)
const none: SeverityCounts = { informational: 0, low: 0, medium: 0, high: 0, critical: 0 }
const cover = (covered: number, degraded = 0, planned = 0, gap = 0): Coverage => {
  const required = covered + degraded + planned + gap
  return { required, covered, late: 0, degraded, planned, gap, ratio: required > planned ? covered / (required - planned) : null }
}
const row = (coverage: Coverage | null, findings: Partial<SeverityCounts> = {}): StageRow => ({
  stage: 'storage', state: 'effective', reason: { zh: '', en: '' }, sensors_required: 1, sensors_effective: 1, events: 0, findings: { ...none, ...findings }, coverage,
})
const record = (parts: Partial<DailyRecord> = {}): DailyRecord => ({
  unit: 'u', date: DATE, number: 'n', state: 'open', as_of: START + 86400000, hosts: { required: 1, reporting: 1, missing: [] },
  stages: STAGES.map((stage) => ({ ...row(cover(100)), stage })), findings: none, findings_total: 0, coverage: cover(600), gaps: [], gaps_total: 0, seal: null,
  hourly: Array.from({ length: 24 }, () => 0), supplements: [], review: { reviewer: '', reviewed: 0, opinion: '', second: '', countersigned: 0 }, ...parts,
})

describe('a zero without coverage is a gap', () => {
  it('when nothing is required at the stage', () => {
    expect(stageFigure(row(null))).toEqual({ kind: 'gap' })
    expect(stageFigure(row(cover(0)))).toEqual({ kind: 'gap' })
  })
  it('when everything required was a gap or planned away', () => {
    expect(stageFigure(row(cover(0, 0, 0, 3600)))).toEqual({ kind: 'gap' })
    expect(stageFigure(row(cover(0, 0, 3600, 0)))).toEqual({ kind: 'gap' })
  })
  it('and a zero that was watched over is a zero', () => {
    expect(stageFigure(row(cover(3600)))).toEqual({ kind: 'count', value: 0 })
    expect(stageFigure(row(cover(0, 10, 0, 3590)))).toEqual({ kind: 'count', value: 0 })
  })
  it('but what was found is shown in any case', () => {
    expect(stageFigure(row(null, { high: 2, low: 1 }))).toEqual({ kind: 'count', value: 3 })
    expect(figure(7, null)).toEqual({ kind: 'count', value: 7 })
  })
})

describe('watch', () => {
  it('is full only without gap and without loss', () => {
    expect(watch(cover(10))).toBe('full')
    expect(watch(cover(10, 1))).toBe('partial')
    expect(watch(cover(10, 0, 0, 1))).toBe('partial')
    expect(watch(null)).toBe('none')
  })
  it('shares add up to one, or there are none', () => {
    const s = shares(cover(50, 20, 10, 20))
    expect(s && s.covered + s.degraded + s.planned + s.gap).toBeCloseTo(1)
    expect(shares(cover(0))).toBeNull()
  })
  it('counts the stages over which somebody watched, whatever share of the required that is', () => {
    const stages = record().stages.map((s, i) => (i < 4 ? { ...s, coverage: null } : s))
    expect(watchedStages(record({ stages }))).toBe(2)
  })
  it('counts all severities', () => {
    expect(total({ informational: 1, low: 2, medium: 3, high: 4, critical: 5 })).toBe(15)
  })
})

describe('hours', () => {
  const hour = 3600000
  it('touched by a gap are gaps, also by one second of it', () => {
    const gaps = [{ agent: 'a', source: '', from: START + 13 * hour, to: START + 15 * hour + 1000, cause: 'no_heartbeat' as const }]
    const states = hours(record({ gaps, gaps_total: 1 }), START).map((h) => h.state)
    expect(states.slice(12, 17)).toEqual(['watched', 'gap', 'gap', 'gap', 'watched'])
  })
  it('that have not begun are neither zero nor gap', () => {
    const states = hours(record({ as_of: START + 6 * hour + 1 }), START).map((h) => h.state)
    expect(states[6]).toBe('watched')
    expect(states.slice(7)).toEqual(Array.from({ length: 17 }, () => 'future'))
  })
  it('claim nothing when nobody watched or the list of gaps is cut off', () => {
    expect(hours(record({ coverage: cover(0, 0, 0, 60) }), START).every((h) => h.state === 'gap')).toBe(true)
    expect(hours(record({ gaps: [], gaps_total: 2000 }), START).every((h) => h.state === 'gap')).toBe(true)
  })
  it('before the first agent was enrolled were watched by nobody, whatever was required', () => {
    const states = hours(record(), START + 6 * hour + 1).map((h) => h.state)
    expect(states.slice(5, 8)).toEqual(['gap', 'gap', 'watched'])
    expect(hours(record(), null).every((h) => h.state === 'gap')).toBe(true)
  })
  it('after an early seal are not accounted for', () => {
    const seal = { index: 1, root: '', checkpoint_size: 2, time: START + 9 * hour, from: START, to: START + 9 * hour, partial: true }
    const states = hours(record({ seal }), START).map((h) => h.state)
    expect(states.slice(8, 10)).toEqual(['watched', 'gap'])
  })
  it('start with the agent that was enrolled first', () => {
    const agent = (enrolled: number | null) => ({ enrolled }) as unknown as Agent
    expect(firstEnrolled([agent(5), agent(null), agent(3)])).toBe(3)
    expect(firstEnrolled([agent(null)])).toBeNull()
  })
  it('count only the part of a gap inside the day', () => {
    expect(gapSeconds({ agent: 'a', source: '', from: START - 7200000, to: START + 60000, cause: 'unknown' }, DATE)).toBe(60)
  })
})

describe('verdict', () => {
  it('is quiet only when all six stages were watched throughout', () => {
    expect(verdict(record())).toBe('quiet')
    const stages = record().stages.map((s, i) => (i === 5 ? { ...s, coverage: null } : s))
    expect(verdict(record({ stages }))).toBe('gaps')
  })
  it('is blind, not quiet, when nothing was watched', () => {
    expect(verdict(record({ coverage: cover(0) }))).toBe('blind')
  })
  it('names gaps and missing hosts before it is quiet', () => {
    expect(verdict(record({ coverage: cover(10, 0, 0, 1) }))).toBe('gaps')
    expect(verdict(record({ hosts: { required: 2, reporting: 1, missing: [{ agent: 'a', status: 'silent', last_seen: null }] } }))).toBe('gaps')
  })
  it('puts high findings before everything, also before blindness', () => {
    expect(verdict(record({ findings: { ...none, high: 1 }, findings_total: 1, coverage: cover(0) }))).toBe('urgent')
    expect(verdict(record({ findings: { ...none, medium: 1 }, findings_total: 1 }))).toBe('attention')
    expect(verdict(record({ findings: { ...none, informational: 1 }, findings_total: 1 }))).toBe('quiet')
  })
})

// What the seals of a log must say of records that came late: made again from the log.
import { addTotals, MAX_AMENDED, noTotals, type Amendment } from './body'
import { countFindings } from './attest'
import { account } from './coverage'
import type { Facts } from './replay'

const AMEND_DAYS = 31 // days before the sealed one that its seal looks back

interface Late {
  leaf: number
  from: number
  to: number
}

function lateRecords(facts: Facts, since: number, n: number): Late[] {
  const out: Late[] = []
  for (const f of facts.finds) if (f.leaf >= since && f.leaf < n) out.push({ leaf: f.leaf, from: f.body.t, to: f.body.t + 1 })
  for (const beats of facts.beats.values()) {
    // In the order of their leaves: the late ones stand at the end.
    for (let i = beats.length; i-- > 0 && beats[i]!.leaf >= since; ) if (beats[i]!.leaf < n) out.push({ leaf: beats[i]!.leaf, from: beats[i]!.body.t0, to: beats[i]!.body.t1 })
  }
  return out.sort((a, b) => a.leaf - b.leaf)
}

// What came for days sealed before, between the seal number `seals` and size n: what the seal of `day` over n leaves must list.
export function amendmentsOf(facts: Facts, day: number, seals: number, n: number): Amendment[] {
  if (seals === 0) return []
  const since = facts.seals[seals - 1]!.body.n
  const late = lateRecords(facts, since, n)
  const out: Amendment[] = []
  if (late.length === 0) return out
  for (const earlier of facts.seals.slice(0, seals)) {
    const { from, to } = earlier.body
    if (earlier.body.day === day || earlier.body.day < day - AMEND_DAYS) continue
    const before = Math.max(since, earlier.body.n)
    const leaves = late.filter((r) => r.leaf >= before && r.from < to && r.to > from).map((r) => r.leaf)
    if (leaves.length === 0) continue
    const [then, now] = [before, n].map((asOf) => ({ counts: countFindings(facts, from, to, asOf), cover: noTotals(), asOf }))
    for (const x of [then!, now!]) addTotals(x.cover, account(facts, from, to, x.asOf).totals)
    const delta = (key: 'covered' | 'degraded' | 'gap'): number => now!.cover[key] - then!.cover[key]
    const counts = now!.counts
    for (let s = 0; s < counts.length; ++s) counts[s]! -= then!.counts[s]!
    out.push({
      day: earlier.body.day, seal: earlier.leaf, leaves: leaves.slice(0, MAX_AMENDED), more: Math.max(0, leaves.length - MAX_AMENDED), counts,
      covered: delta('covered'), degraded: delta('degraded'), gap: delta('gap'),
    })
  }
  return out
}

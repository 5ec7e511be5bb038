// The result of a verification: the same shape as `fengsui-verify --json`, and what the page shows besides.
import type { Totals } from './body'
import type { Interval } from './coverage'
import { object, type Json, type JsonObject } from './json'
import type { Text } from './replay'

export type StepState = 'passed' | 'failed' | 'not_present' | 'not_required' | 'incomplete' | 'skipped'
export interface Step {
  number: number
  title: Text
  state: StepState
  detail: Text
  leaf: number // first broken position, -1 none
  day: string
}
export interface CalendarDay {
  day: number // since 1970-01-01, local
  totals: Totals // late and explained are not split by day
  findings: number
  sealed: boolean
  supplemented: boolean
}
export interface Shown {
  calendar: CalendarDay[]
  intervals: Interval[]
  totals: Totals | undefined
  refusals: Text[]
  reasons: Text[]
  score: { low: number; high: number } | undefined
  origin: string
  payload: string // hex SHA-256 of the statement
  signatures: { bulk: number; single: number }
}
export interface Result {
  steps: Step[]
  level: number
  verified: boolean
  incomplete: boolean
  revoked: boolean
  revokedReason: string
  firstBroken: number
  firstBrokenDay: string
  dept: string
  outcome: string
  from: number
  to: number
  incidentFree: boolean
  provisional: boolean
  leaves: number
  asOf: number
  assumptions: string[]
  notes: Text[]
  shown: Shown
}

const TITLES: [string, string][] = [
  ['策略与证据包', 'policy and bundle'],
  ['证明签名与内容', 'statement signature'],
  ['证明已入日志', 'statement is in the log'],
  ['检查点签名', 'checkpoint signatures'],
  ['见证与时间戳', 'witness and timestamp times'],
  ['检查点一致、每日封存', 'consistency and seals'],
  ['逐条重算默克尔树', 'every leaf rehashed'],
  ['接收时间', 'receipt times'],
  ['操作签名与角色', 'signatures and roles'],
  ['监测代理记录链', "agents' chains"],
  ['检查点信标', 'beacons'],
  ['每一秒都有状态', 'every second has a state'],
  ['覆盖率重算', 'coverage recomputed'],
  ['发现与事件重算', 'findings and incidents recounted'],
  ['诱饵检验', 'canaries'],
  ['评分重算', 'score recomputed'],
  ['结论', 'verdict'],
]

// The sentence that every statement must hold.
export const DISCLAIMER: Text = {
  zh: '仅说明在上述监测范围和时段内未发现数据安全事件，不构成对范围以外的保证',
  en: 'This only says that no data-security incident was found within the stated scope and period; it is no assurance beyond them.',
}

export const newResult = (): Result => ({
  steps: TITLES.map(([zh, en], number) => ({ number, title: { zh, en }, state: 'skipped', detail: { zh: '', en: '' }, leaf: -1, day: '' })),
  level: 0, verified: false, incomplete: false, revoked: false, revokedReason: '', firstBroken: -1, firstBrokenDay: '', dept: '', outcome: '', from: 0, to: 0,
  incidentFree: false, provisional: false, leaves: 0, asOf: 0, assumptions: [], notes: [],
  shown: { calendar: [], intervals: [], totals: undefined, refusals: [], reasons: [], score: undefined, origin: '', payload: '', signatures: { bulk: 0, single: 0 } },
})

export const verdict = (r: Result): 'verified' | 'failed' | 'revoked' | 'incomplete' => (r.revoked ? 'revoked' : r.verified ? 'verified' : r.incomplete ? 'incomplete' : 'failed')

const textJson = (t: Text): JsonObject => object(['zh', t.zh], ['en', t.en])
export function resultJson(r: Result): JsonObject {
  const steps: Json[] = r.steps.map((s) => {
    const one = object(['step', `V${s.number}`], ['title', textJson(s.title)], ['state', s.state], ['detail', textJson(s.detail)])
    if (s.leaf >= 0) one.set('leaf', s.leaf)
    if (s.day !== '') one.set('day', s.day)
    return one
  })
  const out = object(
    ['verdict', verdict(r)], ['level', r.level === 0 ? 'none' : `L${r.level}`], ['outcome', r.outcome], ['incidentFree', r.incidentFree], ['provisional', r.provisional],
    ['department', r.dept], ['from', r.from], ['to', r.to], ['leaves', r.leaves], ['asOf', r.asOf],
  )
  if (r.revoked) out.set('revokedReason', r.revokedReason)
  if (r.firstBroken >= 0) out.set('firstBroken', object(['leaf', r.firstBroken], ['day', r.firstBrokenDay]))
  return out.set('steps', steps).set('assumptions', r.assumptions).set('notes', r.notes.map(textJson))
}

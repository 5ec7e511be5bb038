// The answers of the collector, as collector/api/openapi.json defines them. Times are Unix ms, days local dates.

export interface Text {
  zh: string
  en: string // '' when only Chinese exists
}

export const STAGES = ['collection', 'transmission', 'storage', 'operation', 'processing', 'exchange'] as const
export type Stage = (typeof STAGES)[number]

export const SEVERITIES = ['informational', 'low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]
export type SeverityCounts = Record<Severity, number>

export type SensorState = 'effective' | 'degraded' | 'unavailable'
export type Role = 'sys_admin' | 'sec_admin' | 'audit_admin' | 'evaluator'

export interface Problem {
  type: string
  title: string
  status: number
  code: string
  detail: Text
  instance?: string
}

export interface Session {
  token: string
  expires: number
  user: string
  roles: Role[]
  initial_password: boolean
}

export const UNIT_KINDS = ['county_or_park', 'city_department', 'state_enterprise', 'public_institution', 'private_enterprise'] as const
export interface Unit {
  id: string
  name: string
  kind: (typeof UNIT_KINDS)[number]
}

export const AGENT_STATUSES = ['never_seen', 'healthy', 'degraded', 'silent', 'stale_clock', 'decommissioned'] as const
export type AgentStatus = (typeof AGENT_STATUSES)[number]

export interface AgentStage {
  stage: Stage
  state: SensorState
  reason: Text
}
export interface Sensor {
  id: string
  stages: Stage[]
  state: SensorState
  reason: string
  received: number
  dropped: number
}
export interface Agent {
  id: string
  unit: string
  hostname: string
  status: AgentStatus
  reason: Text
  last_seen: number | null
  enrolled: number | null
  queue: number
  drops: number
  clock_offset_ms: number | null
  version: string
  stages: AgentStage[]
  sensors: Sensor[]
}
export interface AgentList {
  items: Agent[]
  heartbeat_seconds: number
}

export interface Coverage {
  required: number
  covered: number
  late: number
  degraded: number
  planned: number
  gap: number
  ratio: number | null
}
export interface StageRow {
  stage: Stage
  state: SensorState
  reason: Text
  sensors_required: number
  sensors_effective: number
  events: number
  findings: SeverityCounts
  coverage: Coverage | null
}
export interface MissingHost {
  agent: string
  status: AgentStatus
  last_seen: number | null
}
export const GAP_CAUSES = ['never_enrolled', 'no_heartbeat', 'agent_stopped', 'source_unavailable', 'loss', 'spool_lost', 'clock', 'digest_not_allowed', 'collector_stopped', 'unknown'] as const
export interface Gap {
  agent: string
  source: string
  from: number
  to: number
  cause: (typeof GAP_CAUSES)[number]
}
export interface Seal {
  index: number
  root: string
  checkpoint_size: number
  time: number
  from: number
  to: number
  partial: boolean // sealed before the day was over: nothing after `to` is accounted for
}
export interface Review {
  reviewer: string
  reviewed: number // 0 = not yet
  opinion: string
  second: string
  countersigned: number // 0 = not yet
}
export const DAY_STATES = ['open', 'sealed', 'reviewed', 'countersigned'] as const
export interface DailyRecord {
  unit: string
  date: string
  number: string
  state: (typeof DAY_STATES)[number]
  as_of: number
  hosts: { required: number; reporting: number; missing: MissingHost[] }
  stages: StageRow[]
  findings: SeverityCounts
  findings_total: number
  coverage: Coverage
  gaps: Gap[]
  gaps_total: number
  seal: Seal | null
  hourly: number[]
  supplements: { index: number; date: string; records: number }[]
  review: Review
}

export const TRIAGE_STATES = ['untriaged', 'proposed_false_positive', 'false_positive', 'confirmed'] as const
export type TriageState = (typeof TRIAGE_STATES)[number]

export interface Finding {
  index: number
  agent: string
  seq: number
  time: number
  received: number
  rule: string
  rule_version: string
  severity: Severity
  stage: Stage
  title: Text
  message: Text
  types: Record<string, number>
  object: string
  triage: TriageState
}
export interface FindingPage {
  items: Finding[]
  next_cursor: string | null
  total: number
}
export interface InclusionProof {
  index: number
  size: number
  root: string
  hashes: string[]
  checkpoint: string
}
export interface FindingDetail extends Finding {
  event: Record<string, unknown>
  detail: string
  salt: string
  leaf_b64: string
  leaf_hash: string
  proof: InclusionProof | null
}

export interface Reason {
  code: string
  text: Text
  date: string | null
  findings: number[]
}
export type AttestationResult = 'issued' | 'issued_with_notes' | 'refused'
export interface Attestation {
  id: string
  unit: string
  from: string
  to: string
  result: AttestationResult
  reasons: Reason[]
  time: number
  by: string
  as_of: number
  coverage: Coverage | null
  has_bundle: boolean
  revoked: number | null
}

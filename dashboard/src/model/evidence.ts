// What the detail of a finding says beyond its row, read out of the stored OCSF event. Everything may be missing: an event
// of another version shows less, never wrong.
import type { Text } from '@/api/types'

export interface TypeRow {
  type: string
  clear: number
  masked: number
  unclear: number
  confidence: number
  samples: string[] // masked by the agent
  why: string[]
}

export interface Evidence {
  types: TypeRow[]
  remediation: Text | null
  author: string
  clause: string
  catalogItem: string
  unread: string[]
  sensor: string
}

export function evidence(event: Record<string, unknown>): Evidence {
  const own = record(record(event.unmapped).fengsui)
  const info = record(event.finding_info)
  return {
    types: list(own.data).map(record).map((d) => ({
      type: text(d.type),
      clear: number(d.clear),
      masked: number(d.masked),
      unclear: number(d.unclear),
      confidence: number(d.confidence),
      samples: list(d.samples).map(text),
      why: list(d.why).map(text),
    })),
    remediation: both(own.remediation) ?? plain(record(event.remediation).desc),
    author: text(own.rule_author),
    clause: text(own.clause),
    catalogItem: text(own.catalog_item),
    unread: list(own.unread).map(text),
    sensor: text(list(info.data_sources)[0]),
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}
function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}
function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0
}
function both(value: unknown): Text | null {
  const r = record(value)
  return text(r.zh) === '' && text(r.en) === '' ? null : { zh: text(r.zh), en: text(r.en) }
}
function plain(value: unknown): Text | null {
  return text(value) === '' ? null : { zh: text(value), en: '' }
}

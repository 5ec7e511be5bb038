import type { AgentStatus, AttestationResult, SensorState } from '@/api/types'

export type Tone = 'good' | 'warn' | 'bad' | 'idle'

export const sensorTone: Record<SensorState, Tone> = { effective: 'good', degraded: 'warn', unavailable: 'bad' }
export const agentTone: Record<AgentStatus, Tone> = {
  never_seen: 'bad', healthy: 'good', degraded: 'warn', silent: 'bad', stale_clock: 'warn', decommissioned: 'idle',
}
export const resultTone: Record<AttestationResult, Tone> = { issued: 'good', issued_with_notes: 'warn', refused: 'bad' }

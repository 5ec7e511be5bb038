// The one place that talks to the collector. Every failure is an ApiProblem that says which part failed.
import type {
  AgentList, Attestation, DailyRecord, FindingDetail, FindingPage, Problem, Session, Severity, Stage, Text, TriageState, Unit,
} from './types'

export class ApiProblem extends Error {
  constructor(
    readonly status: number, // 0 when no answer came
    readonly code: string,
    readonly detail: Text,
  ) {
    super(detail.en || detail.zh || code)
    this.name = 'ApiProblem'
  }
}

export interface FindingFilter {
  severity?: Severity | ''
  stage?: Stage | ''
  rule?: string
  agent?: string
}

export interface ClientOptions {
  fetch: typeof fetch
  token: () => string | null
  onExpired: () => void // a token was sent and not accepted
  timeoutMs?: number
}

type Query = Record<string, string | number | undefined>

export function createClient(options: ClientOptions) {
  const timeoutMs = options.timeoutMs ?? 20000

  async function send(method: string, path: string, query: Query = {}, body?: unknown): Promise<Response> {
    const search = new URLSearchParams()
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined && value !== '') search.set(key, String(value))
    }
    const tail = search.toString()
    const url = `/api/v1${path}${tail === '' ? '' : `?${tail}`}`
    const headers: Record<string, string> = { Accept: 'application/json' }
    const token = options.token()
    if (token) headers.Authorization = `Bearer ${token}`
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), timeoutMs)
    try {
      const init: RequestInit = { method, headers, signal: abort.signal, credentials: 'omit', cache: 'no-store' }
      if (body !== undefined) init.body = JSON.stringify(body)
      const answer = await options.fetch(url, init)
      if (answer.ok) return answer
      if (answer.status === 401 && token) options.onExpired()
      throw await problemOf(answer)
    } catch (error) {
      if (error instanceof ApiProblem) throw error
      throw abort.signal.aborted
        ? new ApiProblem(0, 'timeout', { zh: '汇聚端在限时内没有回答', en: 'The collector did not answer in time' })
        : new ApiProblem(0, 'unreachable', { zh: '无法连接汇聚端', en: 'The collector cannot be reached' })
    } finally {
      clearTimeout(timer)
    }
  }

  async function json<T>(method: string, path: string, query?: Query, body?: unknown): Promise<T> {
    const answer = await send(method, path, query, body)
    try {
      return (await answer.json()) as T
    } catch {
      throw new ApiProblem(answer.status, 'bad_answer', {
        zh: `汇聚端的回答不是 JSON（${method} ${path}）`,
        en: `The collector's answer is not JSON (${method} ${path})`,
      })
    }
  }

  const unitPath = (unit: string) => `/units/${encodeURIComponent(unit)}`

  return {
    logIn: (user: string, password: string) => json<Session>('POST', '/session', {}, { user, password }),
    logOut: () => send('DELETE', '/session'),
    units: async () => (await json<{ items: Unit[] }>('GET', '/units')).items,
    agents: (unit: string) => json<AgentList>('GET', '/agents', { unit }),
    day: (unit: string, date: string) => json<DailyRecord>('GET', `${unitPath(unit)}/days/${date}`),
    sign: (unit: string, date: string, opinion: string) =>
      json<DailyRecord>('POST', `${unitPath(unit)}/days/${date}/sign`, {}, { opinion }),
    countersign: (unit: string, date: string) => json<DailyRecord>('POST', `${unitPath(unit)}/days/${date}/countersign`),
    explain: (unit: string, date: string, gap: { agent: string; from: number; to: number; why: string }) =>
      json<DailyRecord>('POST', `${unitPath(unit)}/days/${date}/explanations`, {}, gap),
    recordForm: async (unit: string, date: string) =>
      (await send('GET', `${unitPath(unit)}/days/${date}/record.html`)).blob(),
    findings: (unit: string, date: string, filter: FindingFilter, limit: number, cursor: string | null) =>
      json<FindingPage>('GET', `${unitPath(unit)}/days/${date}/findings`, { ...filter, limit, cursor: cursor ?? undefined }),
    finding: (unit: string, index: number) => json<FindingDetail>('GET', `${unitPath(unit)}/findings/${index}`),
    triage: (unit: string, index: number, state: 'confirmed' | 'false_positive', reason: string, level: string) =>
      json<{ state: TriageState; by: string; second: string; incident: string }>('POST', `${unitPath(unit)}/findings/${index}/triage`, {}, { state, reason, level }),
    attestations: async (unit: string) =>
      (await json<{ items: Attestation[] }>('GET', `${unitPath(unit)}/attestations`)).items,
    issue: (unit: string, from: string, to: string) =>
      json<Attestation>('POST', `${unitPath(unit)}/attestations`, {}, { from, to }),
    bundle: async (unit: string, id: string) =>
      (await send('GET', `${unitPath(unit)}/attestations/${encodeURIComponent(id)}/bundle`)).blob(),
  }
}
export type Client = ReturnType<typeof createClient>

async function problemOf(answer: Response): Promise<ApiProblem> {
  try {
    const p = (await answer.json()) as Partial<Problem>
    if (typeof p.code === 'string' && p.detail && typeof p.detail.zh === 'string') {
      return new ApiProblem(answer.status, p.code, { zh: p.detail.zh, en: p.detail.en ?? '' })
    }
  } catch {
    // Not problem details: a proxy in between, or another server. Said so below.
  }
  return new ApiProblem(answer.status, 'bad_answer', {
    zh: `汇聚端以状态 ${answer.status} 回答，但没有说明原因`,
    en: `The collector answered with status ${answer.status} and gave no reason`,
  })
}

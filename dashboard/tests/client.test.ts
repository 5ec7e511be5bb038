import { describe, expect, it, vi } from 'vitest'
import { ApiProblem, createClient } from '@/api/client'

type Answer = (url: string, init: RequestInit) => Promise<Response> | Response
function client(answer: Answer, token: string | null = 'tok', timeoutMs = 1000) {
  const asked = vi.fn(async (url: string, init: RequestInit) => answer(url, init))
  const onExpired = vi.fn()
  return { api: createClient({ fetch: asked as unknown as typeof fetch, token: () => token, onExpired, timeoutMs }), asked, onExpired }
}
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status })
const problem = (status: number, code: string) => json({ type: 'about:blank', title: 'x', status, code, detail: { zh: '部件 ledger 故障', en: 'part ledger failed' } }, status)
async function failure(promise: Promise<unknown>): Promise<ApiProblem> {
  return promise.then(() => { throw new Error('did not fail') }, (e: unknown) => e as ApiProblem)
}

describe('client', () => {
  it('sends the token as bearer, no cookies, and nothing that is empty', async () => {
    const { api, asked } = client(() => json({ items: [], next_cursor: null, total: 0 }))
    await api.findings('510903-edu', '2026-11-24', { severity: 'high', stage: '', rule: '', agent: '510903-edu/db01' }, 50, null)
    const [url, init] = asked.mock.calls[0] as [string, RequestInit]
    expect(url).toBe('/api/v1/units/510903-edu/days/2026-11-24/findings?severity=high&agent=510903-edu%2Fdb01&limit=50')
    expect((init.headers as Record<string, string>).Authorization).toBe('Bearer tok')
    expect(init.credentials).toBe('omit')
  })
  it('keeps a unit inside its path segment', async () => {
    const { api, asked } = client(() => json({ items: [] }))
    await api.attestations('../../x?y')
    expect(asked.mock.calls[0]?.[0]).toBe('/api/v1/units/..%2F..%2Fx%3Fy/attestations')
  })
  it('passes the reason of the collector on, in both languages', async () => {
    const { api } = client(() => problem(503, 'unavailable'))
    expect(await failure(api.units())).toMatchObject({ status: 503, code: 'unavailable', detail: { zh: '部件 ledger 故障', en: 'part ledger failed' } })
  })
  it('says so when an error comes without problem details', async () => {
    const { api } = client(() => new Response('<html>bad gateway</html>', { status: 502 }))
    const e = await failure(api.units())
    expect(e).toMatchObject({ status: 502, code: 'bad_answer' })
    expect(e.detail.zh).toContain('502')
  })
  it('says so when a good answer is not JSON', async () => {
    const { api } = client(() => new Response('<html>', { status: 200 }))
    expect(await failure(api.units())).toMatchObject({ code: 'bad_answer' })
  })
  it('tells an unreachable collector from a slow one', async () => {
    const away = client(() => Promise.reject(new TypeError('fetch failed')))
    expect(await failure(away.api.units())).toMatchObject({ status: 0, code: 'unreachable' })
    const slow = client((_, init) => new Promise((_resolve, reject) => init.signal?.addEventListener('abort', () => reject(new Error('aborted')))), 'tok', 1)
    expect(await failure(slow.api.units())).toMatchObject({ status: 0, code: 'timeout' })
  })
  it('ends the session on 401, but not when the login itself is refused', async () => {
    const lapsed = client(() => problem(401, 'unauthorised'))
    await failure(lapsed.api.units())
    expect(lapsed.onExpired).toHaveBeenCalledOnce()
    const login = client(() => problem(401, 'bad_credentials'), null)
    expect(await failure(login.api.logIn('a', 'b'))).toMatchObject({ code: 'bad_credentials' })
    expect(login.onExpired).not.toHaveBeenCalled()
  })
  it('sends credentials in the body only', async () => {
    const { api, asked } = client(() => json({ token: 't', expires: 1, user: 'a', roles: [] }), null)
    await api.logIn('admin', 'secret')
    const [url, init] = asked.mock.calls[0] as [string, RequestInit]
    expect(url).toBe('/api/v1/session')
    expect(init.body).toBe('{"user":"admin","password":"secret"}')
  })
})

// A test double of the collector's HTTP interface, to develop and test the desk without a collector. It serves dashboard/dist
// and answers as collector/api/openapi.json says. Never part of the product.
//   node fixture_server.mjs [PORT]      user admin, password fixture-password
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SEVERITIES, world } from './fixture_data.mjs'

const DIST = fileURLToPath(new URL('../../../dashboard/dist/', import.meta.url))
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
export const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
export const USER = 'admin'
export const PASSWORD = 'fixture-password'

class Refusal {
  constructor(status, code, zh, en) {
    Object.assign(this, { status, code, zh, en })
  }
}

export function startFixture(port = 0, now = Date.now()) {
  const w = world(now)
  const tokens = new Set()
  const attestations = []
  const reviews = new Map() // unit/date → review
  const triage = new Map() // index → state

  function api(method, path, query, body, token) {
    if (path === '/session' && method === 'POST') {
      if (body.user !== USER || body.password !== PASSWORD) throw new Refusal(401, 'bad_credentials', '用户名或口令不正确', 'User or password is wrong')
      const t = `fixture-${tokens.size + 1}`
      tokens.add(t)
      return { token: t, expires: Date.now() + 3600000, user: USER, roles: ['sys_admin', 'sec_admin'], initial_password: true }
    }
    if (!tokens.has(token)) throw new Refusal(401, 'unauthorised', '未登录或登录已过期', 'Not logged in, or the session has expired')
    if (path === '/session' && method === 'DELETE') return tokens.delete(token) && null
    if (path === '/units') return { items: w.units }
    if (path === '/agents') return { items: w.agents.filter((a) => !query.has('unit') || a.unit === query.get('unit')), heartbeat_seconds: 60 }
    const m = /^\/units\/([^/]+)\/(.+)$/.exec(path)
    const unit = m && w.units.find((u) => u.id === decodeURIComponent(m[1]))
    if (!unit) throw new Refusal(404, 'not_found', '没有此单位', 'No such unit')
    return unitApi(method, unit.id, m[2], query, body)
  }

  function unitApi(method, unit, rest, query, body) {
    let m
    if ((m = /^days\/([0-9-]+)$/.exec(rest))) {
      return dayOf(unit, m[1])
    }
    if ((m = /^days\/([0-9-]+)\/(sign|countersign|explanations)$/.exec(rest)) && method === 'POST') return review(unit, m[1], m[2], body)
    if ((m = /^findings\/(\d+)\/triage$/.exec(rest)) && method === 'POST') {
      triage.set(Number(m[1]), body.state === 'confirmed' ? 'confirmed' : 'proposed_false_positive')
      return { index: Number(m[1]), state: triage.get(Number(m[1])), by: USER, second: '', incident: '' }
    }
    if ((m = /^days\/([0-9-]+)\/findings$/.exec(rest))) return findings(unit, m[1], query)
    if ((m = /^findings\/(\d+)$/.exec(rest))) {
      if (method === 'DELETE') throw new Refusal(405, 'not_deletable', '监测发现不可删除，本次操作已记录', 'Findings cannot be deleted; the attempt is recorded')
      const f = unit === '510903-edu' && w.findings.find((x) => x.index === Number(m[1]))
      if (!f) throw new Refusal(404, 'not_found', '没有此监测发现', 'No such finding')
      return w.detailOf(decided(f))
    }
    if (rest === 'attestations' && method === 'POST') return issue(unit, body)
    if (rest === 'attestations') return { items: attestations.filter((a) => a.unit === unit) }
    throw new Refusal(404, 'not_found', '没有此地址', 'No such address')
  }

  const decided = (f) => ({ ...f, triage: triage.get(f.index) ?? 'untriaged' })

  function dayOf(unit, date) {
    const day = w.day(unit, date)
    if (!day) throw new Refusal(404, 'not_found', '此日尚未开始', 'This day has not begun')
    const r = reviews.get(`${unit}/${date}`) ?? day.review
    return { ...day, review: r, state: r.second ? 'countersigned' : r.reviewer ? 'reviewed' : day.state }
  }

  function review(unit, date, step, body) {
    const day = dayOf(unit, date)
    if (step === 'sign') {
      if (day.state !== 'sealed') throw new Refusal(409, 'conflict', '当日尚未封存，或已审阅', 'The day is not sealed, or is reviewed already')
      reviews.set(`${unit}/${date}`, { reviewer: USER, reviewed: Date.now(), opinion: body.opinion ?? '', second: '', countersigned: 0 })
    }
    if (step === 'countersign') throw new Refusal(409, 'conflict', '审阅人不能签阅自己审阅的记录', 'The reviewer cannot countersign')
    return dayOf(unit, date)
  }

  function findings(unit, date, query) {
    const least = SEVERITIES.indexOf(query.get('severity') ?? 'informational')
    const is = (key, value) => !query.get(key) || query.get(key) === value
    const all = unit !== '510903-edu' || date !== w.date ? [] : w.findings.filter((f) => SEVERITIES.indexOf(f.severity) >= least && is('stage', f.stage) && is('rule', f.rule) && is('agent', f.agent))
    const after = Number(query.get('cursor') ?? -1)
    const limit = Number(query.get('limit') ?? 100)
    const items = all.filter((f) => f.index > after).slice(0, limit)
    const last = items[items.length - 1]
    return { items: items.map(decided), next_cursor: last && last.index < all[all.length - 1].index ? String(last.index) : null, total: all.length }
  }

  function issue(unit, { from, to }) {
    const day = w.day(unit, to)
    const reasons = []
    if (!day || day.coverage.ratio === null || day.coverage.ratio < 0.95) {
      const ratio = day?.coverage.ratio == null ? '0' : (day.coverage.ratio * 100).toFixed(1)
      reasons.push({ code: 'coverage_below_minimum', text: { zh: `监测覆盖率 ${ratio}%，低于要求的 95%`, en: `Coverage ${ratio} % is below the required 95 %` }, date: null, findings: [] })
    }
    const open = unit === '510903-edu' ? w.findings.filter((f) => SEVERITIES.indexOf(f.severity) >= 3) : []
    if (open.length > 0 && to >= w.date) reasons.push({ code: 'untriaged_finding', text: { zh: `${open.length} 条高级或严重发现未研判`, en: `${open.length} high or critical findings are not triaged` }, date: w.date, findings: open.slice(0, 100).map((f) => f.index) })
    const refused = reasons.length > 0
    if (!refused && to >= w.date) reasons.push({ code: 'period_not_over', text: { zh: '时段尚未结束，结论为暂定', en: 'The period is not over: provisional' }, date: to, findings: [] })
    const a = {
      id: `${unit}-${from}-${attestations.length + 1}`, unit, from, to, result: refused ? 'refused' : reasons.length > 0 ? 'issued_with_notes' : 'issued', reasons,
      time: Date.now(), by: USER, as_of: 150, coverage: day?.coverage ?? null, has_bundle: !refused, revoked: null,
    }
    attestations.unshift(a)
    return a
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://fixture')
    const send = (status, type, body, more = {}) => response.writeHead(status, { 'Content-Type': type, 'Content-Security-Policy': CSP, 'X-Content-Type-Options': 'nosniff', ...more }).end(body)
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    try {
      if (url.pathname.startsWith('/api/v1/')) {
        const token = (request.headers.authorization ?? '').replace(/^Bearer /, '')
        const path = url.pathname.slice('/api/v1'.length)
        if (tokens.has(token) && /\/record\.html$/.test(path)) return send(200, 'text/html; charset=utf-8', '<!doctype html><title>日常数据安全监测工作记录</title>')
        if (tokens.has(token) && /\/bundle$/.test(path)) return send(200, 'application/zip', Buffer.from('PK\x05\x06' + '\0'.repeat(18), 'latin1'))
        const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks)) : null
        const answer = api(request.method, path, url.searchParams, body, token)
        return answer === null ? send(204, 'application/json', '') : send(200, 'application/json', JSON.stringify(answer))
      }
      const file = normalize(join(DIST, url.pathname === '/' ? 'index.html' : url.pathname))
      if (!file.startsWith(DIST)) throw new Refusal(404, 'not_found', '没有此地址', 'No such address')
      return send(200, TYPES[extname(file)] ?? 'application/octet-stream', await readFile(file))
    } catch (error) {
      const r = error instanceof Refusal ? error : error.code === 'ENOENT' ? new Refusal(404, 'not_found', '没有此地址', 'No such address') : new Refusal(503, 'unavailable', String(error), String(error))
      return send(r.status, 'application/problem+json', JSON.stringify({ type: 'about:blank', title: r.en, status: r.status, code: r.code, detail: { zh: r.zh, en: r.en } }))
    }
  })
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => resolve({ url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }))
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startFixture(Number(process.argv[2] ?? 8099))
  console.log(`${url} ${USER} ${PASSWORD}`)
}

// The desk in a real browser, against a real collector (FENGSUI_URL, FENGSUI_PASSWORD, optional FENGSUI_USER and FENGSUI_DATE)
// or, without FENGSUI_URL, against the fixture server. What is expected on the screen is asked from the interface, never written
// down here; and every answer of the interface is held against collector/api/openapi.json.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Ajv from 'ajv/dist/2020.js'
import { chromium } from 'playwright-core'
import { startFixture } from './fixture_server.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const STAGES = ['collection', 'transmission', 'storage', 'operation', 'processing', 'exchange']
const ZH = { collection: '采集', transmission: '传输', storage: '存储', operation: '运维', processing: '处理', exchange: '交换' }
const WAIT = 15000

let fixture, base, context, page, profile, token, units, date
const foreign = [] // requests that left the collector
const complaints = [] // console errors, uncaught errors, CSP violations

async function ask(path, init = {}) {
  const answer = await fetch(`${base}/api/v1${path}`, { ...init, headers: { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(init.body ? { 'Content-Type': 'application/json' } : {}) } })
  return { status: answer.status, body: await answer.json(), headers: answer.headers }
}
const day = async (unit) => (await ask(`/units/${unit}/days/${date}`)).body
const sum = (counts) => Object.values(counts).reduce((a, b) => a + b, 0)
const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ',')
const unwatched = (c) => c === null || c.required === 0 || c.covered + c.degraded === 0

async function go(path) {
  await page.goto(`${base}/#${path}`)
}
async function see(selector) {
  const found = page.locator(selector).first()
  await found.waitFor({ timeout: WAIT })
  return found
}
async function language(lang) {
  if ((await page.getAttribute('html', 'lang')) !== lang) await page.click('[data-test=language]')
  assert.equal(await page.getAttribute('html', 'lang'), lang)
}
// The unit of the day with the most findings: the demonstration has at least one.
async function busiest() {
  const days = await Promise.all(units.map(async (u) => [u, await day(u.id)]))
  return days.sort((a, b) => b[1].findings_total - a[1].findings_total)[0]
}

before(async () => {
  if (!process.env.FENGSUI_URL) fixture = await startFixture()
  base = (process.env.FENGSUI_URL ?? fixture.url).replace(/\/$/, '')
  profile = mkdtempSync(join(tmpdir(), 'fengsui-desk-'))
  context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, viewport: { width: 1366, height: 768 }, acceptDownloads: true,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
  page = await context.newPage()
  page.setDefaultTimeout(WAIT)
  page.on('request', (r) => {
    if (!r.url().startsWith(`${base}/`) && !/^(data|blob):/.test(r.url())) foreign.push(r.url())
  })
  page.on('console', (m) => {
    if (m.type() === 'error' || m.type() === 'warning') complaints.push(m.text())
  })
  page.on('pageerror', (e) => complaints.push(e.message))
})
after(async () => {
  await context?.close()
  fixture?.close()
  if (profile) rmSync(profile, { recursive: true, force: true })
})

test('the desk is served under a policy without inline or foreign script and style', async () => {
  const answer = await fetch(`${base}/`)
  assert.equal(answer.status, 200)
  const policy = answer.headers.get('content-security-policy') ?? ''
  assert.match(policy, /default-src 'none'/)
  assert.doesNotMatch(policy, /unsafe-eval|script-src[^;]*unsafe-inline|\*|https?:/)
})

test('a wrong password is refused in words, a right one opens the day', async () => {
  const user = process.env.FENGSUI_USER ?? 'admin'
  const password = process.env.FENGSUI_PASSWORD ?? (fixture ? 'fixture-password' : '')
  await page.goto(`${base}/`)
  assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN')
  await page.fill('#user', user)
  await page.fill('#password', `${password}x`)
  await page.click('[data-test=login]')
  assert.match(await (await see('[data-test=login-problem]')).innerText(), /\p{Script=Han}/u)
  complaints.length = 0 // the browser logs the 401 that was asked for
  await page.fill('#password', password)
  await page.click('[data-test=login]')
  await see('[data-test=verdict]')

  const session = await ask('/session', { method: 'POST', body: JSON.stringify({ user, password }) })
  assert.equal(session.status, 200)
  token = session.body.token
  units = (await ask('/units')).body.items
  assert.ok(units.length > 0, 'the collector has a unit')
  date = process.env.FENGSUI_DATE ?? new Date(Date.now() + 8 * 3600 * 1000).toISOString().slice(0, 10)
})

test('every tile shows what the interface says, and a gap where nobody watched', async () => {
  for (const unit of units) {
    await go(`/today?unit=${unit.id}&date=${date}`)
    await see('[data-test=verdict]')
    await page.waitForFunction((name) => document.querySelector('.view-head')?.textContent?.includes(name), unit.name)
    const record = await day(unit.id)
    for (const row of record.stages) {
      const tile = page.locator(`.tile[data-stage=${row.stage}]`)
      assert.equal(await tile.locator('h3').innerText(), ZH[row.stage])
      const figure = (await tile.locator('[data-test=figure] > :first-child').innerText()).trim()
      const found = sum(row.findings)
      assert.equal(figure, found === 0 && unwatched(row.coverage) ? '缺口' : grouped(found), `${unit.id} ${row.stage}`)
      const covered = (await tile.locator('[data-test=coverage]').innerText()).trim()
      if (row.coverage?.ratio == null) assert.equal(covered, '缺口')
      else assert.ok(Math.abs(parseFloat(covered.replace('<', '')) - row.coverage.ratio * 100) < 1.1, `${covered} for ${row.coverage.ratio}`)
    }
    const summary = await page.innerText('[data-test=verdict]')
    if (record.hosts.required > 0) assert.ok(summary.includes(`${record.hosts.reporting}/${record.hosts.required} 台主机在报`), summary)
    if (unwatched(record.coverage)) assert.ok(['blind', 'urgent'].includes(await page.getAttribute('[data-test=verdict]', 'data-verdict')))
    assert.ok(summary.includes(record.number))
  }
})

test('the hours are also a table', async () => {
  const [unit, record] = await busiest()
  await go(`/today?unit=${unit.id}&date=${date}`)
  await see('[data-test=verdict]')
  await page.locator('.el-radio-button').nth(1).click()
  const cells = await (await see('[data-test=hourly-table]')).locator('td').allInnerTexts()
  assert.equal(cells.length, 24)
  record.hourly.forEach((n, hour) => {
    if (n > 0) assert.ok(cells[hour].startsWith(String(n)), `hour ${hour}: ${cells[hour]} for ${n}`)
  })
})

test('the findings of the day are listed in Chinese and page by page', async () => {
  const [unit, record] = await busiest()
  assert.ok(record.findings_total > 0, 'the demonstration has findings')
  await go(`/findings?unit=${unit.id}&date=${date}`)
  await see('[data-test=findings]')
  const first = (await ask(`/units/${unit.id}/days/${date}/findings?limit=50`)).body
  const rows = page.locator('[data-test=findings] tbody tr')
  assert.equal(await rows.count(), first.items.length)
  assert.match(await page.innerText('[data-test=total]'), new RegExp(grouped(first.total)))
  for (const [i, f] of [...first.items.entries()].slice(0, 10)) {
    const text = await rows.nth(i).innerText()
    for (const part of [f.title.zh, f.rule, ZH[f.stage], String(f.index)]) assert.ok(text.includes(part), `row ${i} shows ${part}`)
    for (const n of Object.values(f.types)) assert.ok(text.includes(String(n)))
  }
  if (first.next_cursor !== null) {
    await page.click('[data-test=next]')
    const second = (await ask(`/units/${unit.id}/days/${date}/findings?limit=50&cursor=${encodeURIComponent(first.next_cursor)}`)).body
    await page.waitForSelector(`[data-index="${second.items[0].index}"]`)
    await page.click('[data-test=previous]')
    await page.waitForSelector(`[data-index="${first.items[0].index}"]`)
  }
})

test('filters live in the address and narrow what the interface narrows', async () => {
  const [unit, record] = await busiest()
  const stage = record.stages.find((s) => sum(s.findings) > 0).stage
  await go(`/findings?unit=${unit.id}&date=${date}`)
  await see('[data-test=findings]')
  await page.click('[data-test=filter-stage]')
  await page.locator('.el-select-dropdown__item:visible', { hasText: ZH[stage] }).click()
  await page.waitForURL((u) => u.hash.includes(`stage=${stage}`))
  const expected = (await ask(`/units/${unit.id}/days/${date}/findings?limit=50&stage=${stage}`)).body
  await page.waitForFunction((n) => document.querySelectorAll('[data-test=findings] tbody tr').length === n, expected.items.length)
  assert.match(await page.innerText('[data-test=total]'), new RegExp(grouped(expected.total)))
  await page.reload()
  await see('[data-test=findings]')
  assert.match(await page.innerText('[data-test=total]'), new RegExp(grouped(expected.total)))
  await page.click('[data-test=clear]')
  await page.waitForURL((u) => !u.hash.includes('stage='))
})

test('a finding opens by keyboard, with reason, masked samples and a check that works offline', async () => {
  const [unit] = await busiest()
  const items = (await ask(`/units/${unit.id}/days/${date}/findings?limit=50`)).body.items
  const wanted = items.find((f) => Object.keys(f.types).length > 0) ?? items[0]
  await go(`/findings?unit=${unit.id}&date=${date}`)
  await see('[data-test=findings]')
  const before = (await ask(`/units/${unit.id}/findings/${wanted.index}`)).body
  await page.focus(`[data-index="${wanted.index}"] button`)
  await page.keyboard.press('Enter')
  await page.waitForURL((u) => u.hash.includes(`finding=${wanted.index}`))
  const text = await (await see('[data-test=finding]')).innerText()
  const detail = (await ask(`/units/${unit.id}/findings/${wanted.index}`)).body
  for (const part of [detail.title.zh, detail.message.zh, detail.rule, detail.agent, detail.leaf_hash, String(detail.index)]) assert.ok(text.includes(part), `shows ${part}`)
  const samples = await page.locator('[data-test=finding] .sample').allInnerTexts()
  for (const s of samples) assert.match(s, /[*＊•…]/, 'a sample is masked')
  assert.ok(detail.proof, 'a checkpoint covers the finding')
  const script = await page.innerText('[data-test=offline] pre')
  // The log grows while the page is open: its proof is of a tree between the two that were asked for.
  const [, index, size] = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim().match(/^OK (\d+)\/(\d+)$/) ?? []
  assert.equal(Number(index), detail.proof.index)
  assert.ok(before.proof.size <= Number(size) && Number(size) <= detail.proof.size, `a tree of ${before.proof.size} to ${detail.proof.size} leaves, not ${size}`)
  await page.keyboard.press('Escape')
  await page.waitForURL((u) => !u.hash.includes('finding='))
})

test('j and k walk the list, and the open finding with it', async () => {
  const [unit] = await busiest()
  const items = (await ask(`/units/${unit.id}/days/${date}/findings?limit=50`)).body.items
  await go(`/findings?unit=${unit.id}&date=${date}`)
  await see('[data-test=findings]')
  await page.evaluate(() => document.activeElement?.blur()) // the list starts at its first row
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.waitForURL((u) => u.hash.includes(`finding=${items[0].index}`))
  await see('[data-test=finding]')
  if (items.length > 1) {
    await page.keyboard.press('j')
    await page.waitForURL((u) => u.hash.includes(`finding=${items[1].index}`))
    await page.keyboard.press('k')
    await page.waitForURL((u) => u.hash.includes(`finding=${items[0].index}`))
  }
  await page.keyboard.press('Escape')
  await page.waitForURL((u) => !u.hash.includes('finding='))
})

test('agents show a state with its written definition, six stages, and why', async () => {
  for (const unit of units) {
    const { items } = (await ask(`/agents?unit=${unit.id}`)).body
    await go(`/agents?unit=${unit.id}`)
    if (items.length === 0) {
      assert.match(await (await see('.empty')).innerText(), /fengsui token create/)
      continue
    }
    await see('[data-test=agents]')
    await page.waitForFunction((id) => document.querySelector('[data-agent]')?.getAttribute('data-agent') === id, items[0].id)
    assert.equal(await page.locator('[data-agent]').count(), items.length)
    for (const a of items) {
      const body = page.locator(`[data-agent="${a.id}"]`)
      assert.equal(await body.locator('.stage-marks li').count(), 6)
      await body.locator('.fold').click()
      const text = await body.locator('.opened').innerText()
      for (const s of a.stages.filter((x) => x.state !== 'effective')) assert.ok(s.reason.zh !== '' && text.includes(s.reason.zh), `${a.id} ${s.stage} says why`)
    }
  }
  const definitions = await page.locator('.definitions dd').allTextContents()
  if (definitions.length > 0) assert.equal(definitions.filter((d) => /\p{Script=Han}{8}/u.test(d.replace(/[^\p{Script=Han}]/gu, ''))).length, 6)
})

test('an attestation is issued or refused with its reasons, as the interface says', async () => {
  const results = new Map()
  for (const unit of units) {
    await go(`/attestations?unit=${unit.id}&date=${date}`)
    await see('[data-test=issue]')
    await page.waitForFunction((name) => document.querySelector('.view-head')?.textContent?.includes(name), unit.name)
    await page.fill('#from', date)
    await page.keyboard.press('Enter')
    await page.fill('#to', date)
    await page.keyboard.press('Enter')
    await page.click('[data-test=issue]')
    const shown = await see('[data-test=answer]')
    const newest = (await ask(`/units/${unit.id}/attestations`)).body.items[0]
    assert.equal(await shown.getAttribute('data-result'), newest.result)
    assert.equal(newest.from, date)
    const text = await shown.innerText()
    for (const r of newest.reasons.slice(0, 8)) assert.ok(text.includes(r.text.zh), `shows ${r.text.zh}`)
    if (newest.result === 'refused') assert.ok(newest.reasons.length > 0, 'a refusal has reasons')
    results.set(newest.result, unit)
    if (newest.has_bundle) {
      const [download] = await Promise.all([page.waitForEvent('download'), shown.locator('button').first().click()])
      assert.match(download.suggestedFilename(), /\.zip$/)
    }
  }
  assert.ok(results.has('refused'), 'the demonstration has a unit that is refused')
})

test('a finding is triaged with a reason, and a false positive waits for a second person', async (context) => {
  const [unit] = await busiest()
  const items = (await ask(`/units/${unit.id}/days/${date}/findings?limit=50`)).body.items
  const wanted = [...items].reverse().find((f) => f.triage === 'untriaged')
  if (!wanted) return context.skip('every finding is triaged already')
  await go(`/findings?unit=${unit.id}&date=${date}&finding=${wanted.index}`)
  const form = await see('[data-test=triage]')
  await page.click('[data-test=false-positive]')
  assert.match(await form.locator('[role=alert]').innerText(), /理由/)
  await form.locator('input').first().fill('测试数据，已核对')
  await page.click('[data-test=false-positive]')
  await see('[data-test=triage][data-state=proposed_false_positive]')
  assert.equal((await ask(`/units/${unit.id}/findings/${wanted.index}`)).body.triage, 'proposed_false_positive')
  await page.keyboard.press('Escape')
})

test('a sealed day is reviewed, and not countersigned by the same person', async (context) => {
  const before = new Date(Date.parse(`${date}T00:00:00Z`) - 86400000).toISOString().slice(0, 10)
  let found
  for (const unit of units) {
    for (const d of [date, before]) {
      const answer = await ask(`/units/${unit.id}/days/${d}`)
      if (!found && answer.body.state === 'sealed') found = [unit, d]
    }
  }
  if (!found) return context.skip('no day is sealed')
  const [unit, d] = found
  await go(`/today?unit=${unit.id}&date=${d}`)
  await page.fill('#opinion', '已阅，无异常')
  await page.click('[data-test=sign]')
  await page.click('[data-test=countersign]')
  assert.match(await (await see('[data-test=seal] [data-test=problem]')).innerText(), /\p{Script=Han}/u)
  const record = (await ask(`/units/${unit.id}/days/${d}`)).body
  assert.equal(record.state, 'reviewed')
  assert.equal(record.review.opinion, '已阅，无异常')
  const shown = await page.innerText('[data-test=seal]')
  assert.ok(shown.includes('已阅，无异常') && shown.includes(record.review.reviewer))
  const refusals = complaints.filter((c) => /409/.test(c)) // the browser logs the refusal that was asked for
  complaints.splice(0, complaints.length, ...complaints.filter((c) => !refusals.includes(c)))
})

test('the language switches without a reload, and everything follows', async () => {
  const [unit] = await busiest()
  await go(`/today?unit=${unit.id}&date=${date}`)
  await see('[data-test=verdict]')
  await page.evaluate(() => { window.stillHere = true })
  await language('en')
  for (const [path, selector] of [[`/today?unit=${unit.id}&date=${date}`, '[data-test=verdict]'], [`/findings?unit=${unit.id}&date=${date}`, '[data-test=findings]'], [`/agents?unit=${unit.id}`, '.view-head'], [`/attestations?unit=${unit.id}`, '[data-test=issue]']]) {
    await go(path)
    await see(selector)
    const words = (await page.locator('h1, h2, th, nav a, main button.el-button, label').allInnerTexts()).join(' ')
    assert.doesNotMatch(words, /\p{Script=Han}/u, path)
  }
  assert.equal(await page.evaluate(() => window.stillHere), true)
  await language('zh-CN')
  assert.match(await page.innerText('nav'), /今日总览/)
})

test('no view has a serious accessibility violation, in either language', async () => {
  const [unit] = await busiest()
  const items = (await ask(`/units/${unit.id}/days/${date}/findings?limit=1`)).body.items
  const views = [[`/today?unit=${unit.id}&date=${date}`, '[data-test=verdict]'], [`/findings?unit=${unit.id}&date=${date}`, '[data-test=findings]'], [`/findings?unit=${unit.id}&date=${date}&finding=${items[0].index}`, '[data-test=finding]'], [`/agents?unit=${unit.id}`, '[data-test=agents], .empty'], [`/attestations?unit=${unit.id}`, '[data-test=issue]']]
  for (const lang of ['zh-CN', 'en']) {
    await go(views[0][0])
    await see(views[0][1])
    await language(lang)
    for (const [path, selector] of views) {
      await go(path)
      await see(selector)
      await page.waitForTimeout(400) // the drawer's transition; contrast is measured on the settled page
      await page.evaluate(axe) // by the debugger, so that the page's own policy stays as it is
      const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }))
      const serious = violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 4).join(' | ')}`)
      assert.deepEqual(serious, [], `${path} ${lang}`)
    }
    await page.keyboard.press('Escape')
  }
  await go(views[0][0])
  await language('zh-CN')
})

test('nothing is wider than 1366 pixels', async () => {
  const [unit] = await busiest()
  for (const lang of ['en', 'zh-CN']) {
    await go(`/today?unit=${unit.id}&date=${date}`)
    await see('[data-test=verdict]')
    await language(lang)
    for (const view of ['today', 'findings', 'agents', 'attestations']) {
      await go(`/${view}?unit=${unit.id}&date=${date}`)
      await see('.view-head')
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 1366, `${view} ${lang}`)
    }
  }
})

test('the collector answers as its contract says', async () => {
  const contract = JSON.parse(readFileSync(new URL('../../../collector/api/openapi.json', import.meta.url), 'utf8'))
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema(contract, 'contract')
  const holds = (schema, body, what) => {
    const valid = ajv.validate({ $ref: `contract#/components/schemas/${schema}` }, body)
    assert.ok(valid, `${what}: ${ajv.errorsText(ajv.errors?.slice(0, 5))}`)
  }
  holds('UnitList', { items: units }, 'units')
  holds('AgentList', (await ask('/agents')).body, 'agents')
  for (const unit of units) {
    const record = await day(unit.id)
    holds('DailyRecord', record, `day of ${unit.id}`)
    assert.deepEqual(record.stages.map((s) => s.stage), STAGES)
    assert.equal(sum(record.findings), record.findings_total)
    for (const c of [record.coverage, ...record.stages.map((s) => s.coverage)].filter(Boolean)) assert.equal(c.covered + c.degraded + c.planned + c.gap, c.required, 'covered + degraded + planned + gap = required')
    const list = (await ask(`/units/${unit.id}/days/${date}/findings?limit=20`)).body
    holds('FindingPage', list, `findings of ${unit.id}`)
    if (list.items.length > 0) holds('FindingDetail', (await ask(`/units/${unit.id}/findings/${list.items[0].index}`)).body, 'finding')
    holds('AttestationList', (await ask(`/units/${unit.id}/attestations`)).body, 'attestations')
  }
  const [unit] = await busiest()
  const index = (await ask(`/units/${unit.id}/days/${date}/findings?limit=1`)).body.items[0].index
  const refused = await ask(`/units/${unit.id}/findings/${index}`, { method: 'DELETE' })
  assert.equal(refused.status, 405)
  holds('Problem', refused.body, 'deletion')
  assert.equal((await ask(`/units/${unit.id}/findings/${index}`)).status, 200, 'the finding is still there')
  const absent = await ask('/units/no-such-unit/days/2026-01-01')
  assert.equal(absent.status, 404)
  holds('Problem', absent.body, 'absent unit')
  const kept = token
  token = null
  const anonymous = await ask('/units')
  token = kept
  assert.equal(anonymous.status, 401)
  holds('Problem', anonymous.body, 'no token')
})

test('when the collector cannot be reached the desk says so, and shows no figure of a moment ago', async () => {
  const [unit] = await busiest()
  await go(`/today?unit=${unit.id}&date=${date}`)
  await see('[data-test=verdict]')
  assert.deepEqual(complaints, [])
  await page.route('**/api/v1/**', (route) => route.abort())
  await page.locator('.view-head .el-button').last().click()
  assert.match(await (await see('[data-test=problem]')).innerText(), /无法连接汇聚端/)
  assert.equal(await page.locator('[data-test=verdict], .tile').count(), 0)
  await page.unroute('**/api/v1/**')
  await page.locator('[data-test=problem] button').click()
  await see('[data-test=verdict]')
  complaints.length = 0 // the browser logs the requests that were cut
})

test('a session that ended leads to the login and says why, and the login leads back', async () => {
  const [unit] = await busiest()
  await page.evaluate(() => {
    const s = JSON.parse(sessionStorage.getItem('fengsui.session'))
    sessionStorage.setItem('fengsui.session', JSON.stringify({ ...s, token: 'no-longer-valid' }))
  })
  await page.goto('about:blank')
  await go(`/agents?unit=${unit.id}`)
  await see('#user')
  assert.match(await page.innerText('.login'), /登录已过期/)
  complaints.length = 0 // the browser logs the 401 that was asked for
  await page.fill('#user', process.env.FENGSUI_USER ?? 'admin')
  await page.fill('#password', process.env.FENGSUI_PASSWORD ?? 'fixture-password')
  await page.click('[data-test=login]')
  await page.waitForURL((u) => u.hash.startsWith(`#/agents?unit=${unit.id}`))
  await see('.view-head')
})

test('the browser asked nobody but the collector, and had nothing to complain about', () => {
  assert.deepEqual(foreign, [])
  assert.deepEqual(complaints, [])
})

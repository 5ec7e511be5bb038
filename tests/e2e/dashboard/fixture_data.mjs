// A test double's data: three departments on one day, made from the clock it is given. Identifiers are synthetic and masked
// as agents mask them; the Merkle tree is a real one, so that what the desk offers to verify can be verified.
import { createHash } from 'node:crypto'

const ZONE = 8 * 3600 * 1000
const HOUR = 3600 * 1000
export const STAGES = ['collection', 'transmission', 'storage', 'operation', 'processing', 'exchange']
export const SEVERITIES = ['informational', 'low', 'medium', 'high', 'critical']
export const dateOf = (ms) => new Date(ms + ZONE).toISOString().slice(0, 10)
const startOf = (date) => Date.parse(`${date}T00:00:00Z`) - ZONE

const sha = (...parts) => {
  const h = createHash('sha256')
  parts.forEach((p) => h.update(p))
  return h.digest()
}
const leafHash = (leaf) => sha(Buffer.from([0]), leaf)
const nodeHash = (l, r) => sha(Buffer.from([1]), l, r)
const split = (n) => 2 ** (Math.ceil(Math.log2(n)) - 1) // largest power of two below n
// RFC 9162, 2.1.1 and 2.1.3.1, as written there.
function root(leaves) {
  if (leaves.length === 0) return sha('')
  if (leaves.length === 1) return leafHash(leaves[0])
  const k = split(leaves.length)
  return nodeHash(root(leaves.slice(0, k)), root(leaves.slice(k)))
}
function path(m, leaves) {
  if (leaves.length <= 1) return []
  const k = split(leaves.length)
  return m < k ? [...path(m, leaves.slice(0, k)), root(leaves.slice(k))] : [...path(m - k, leaves.slice(k)), root(leaves.slice(0, k))]
}

const RULES = [
  { rule: 'STO-1', stage: 'storage', severity: 'high', zh: '敏感数据存于他人可读的文件', en: 'Sensitive data in a file that others can read', types: { citizen_id: 5, mobile: 12 }, object: '/srv/www/export/学生名单_2026.csv', why: ['checksum', 'area', 'header:身份证号'] },
  { rule: 'TRA-1', stage: 'transmission', severity: 'critical', zh: '明文传输敏感数据', en: 'Sensitive data in clear on the wire', types: { citizen_id: 1 }, object: 'POST http://10.20.3.15/api/person/save', why: ['checksum', 'area'] },
  { rule: 'OPS-1', stage: 'operation', severity: 'medium', zh: '多次登录失败后成功', en: 'Login succeeded after several failures', types: {}, object: 'ops02 来自 10.20.9.44', why: [] },
  { rule: 'OPS-2', stage: 'operation', severity: 'low', zh: '执行导出类命令', en: 'Export command executed', types: {}, object: 'mysqldump t_person', why: [] },
  { rule: 'COL-1', stage: 'collection', severity: 'informational', zh: '采集目录收到文件', en: 'File arrived in a collection directory', types: { mobile: 340, email: 28 }, object: '/data/landing/20261124_03.json', why: ['prefix', 'header:联系电话'] },
]
const SAMPLES = { citizen_id: ['110*************2X', '510*************18'], mobile: ['138******21', '159******07'], email: ['zha**********cn'] }
const none = () => Object.fromEntries(SEVERITIES.map((s) => [s, 0]))
const empty = { zh: '', en: '' }

export function world(now) {
  const date = dateOf(now)
  const start = startOf(date)
  const elapsed = Math.max(60, Math.floor((now - start) / 1000))
  const at = (share) => start + Math.floor((now - start) * share)
  const units = [
    { id: '510903-edu', name: '区教育局', kind: 'city_department' },
    { id: '510903-hrs', name: '区人力资源和社会保障局', kind: 'city_department' },
    { id: '510903-new', name: '区融媒体中心', kind: 'public_institution' },
  ]

  const agent = (id, status, reason, states, extra = {}) => ({
    id, unit: id.split('/')[0], hostname: `${id.split('/')[1]}.local`, status, reason, last_seen: now - 21000, enrolled: start - 86400000 * 12,
    queue: 0, drops: 0, clock_offset_ms: 12, version: '0.1.0',
    stages: STAGES.map((stage, i) => ({ stage, state: states[i][0], reason: states[i][1] ?? empty })), sensors: [], ...extra,
  })
  const good = ['effective']
  const no = (zh, en) => ['unavailable', { zh, en }]
  const noPcap = no('没有 CAP_NET_RAW 权限，无法抓包', 'No CAP_NET_RAW: packets cannot be captured')
  const noDb = no('没有数据库审计日志', 'No database audit log')
  const noSftp = no('没有配置交换目录', 'No exchange directory is configured')
  const sensor = (id, stages, state = 'effective', reason = '', received = 1840, dropped = 0) => ({ id, stages, state, reason, received, dropped })
  const agents = [
    agent('510903-edu/db01', 'healthy', empty, [good, good, good, good, good, good], {
      sensors: [sensor('pcap:eth0', ['transmission', 'processing'], 'effective', '', 128433), sensor('file_scan', ['storage', 'collection'], 'effective', '', 9120), sensor('login_log', ['operation']), sensor('web_log', ['exchange', 'collection'])] }),
    agent('510903-edu/web01', 'degraded', { zh: '抓包丢失 1.2%', en: 'Packet capture lost 1.2 %' }, [good, ['degraded', { zh: '内核丢包 1.2%', en: 'The kernel dropped 1.2 % of packets' }], good, good, noDb, noSftp], {
      drops: 15422, queue: 37, sensors: [sensor('pcap:eth0', ['transmission'], 'degraded', '内核丢包 1.2%', 1270011, 15422), sensor('file_events', ['storage', 'collection'])] }),
    agent('510903-edu/file01', 'silent', { zh: '已缺失 38 个心跳', en: '38 heartbeats are missing' }, STAGES.map(() => no('主机失联', 'The host is silent')), { last_seen: at(0.6), clock_offset_ms: 40 }),
    agent('510903-edu/old01', 'never_seen', { zh: '已登记，尚未接入', en: 'Registered, not enrolled yet' }, STAGES.map(() => no('主机未接入', 'The host is not enrolled')), { last_seen: null, enrolled: null, version: '', clock_offset_ms: null }),
    agent('510903-edu/app02', 'stale_clock', { zh: '时钟慢 187 秒', en: 'Clock is 187 s slow' }, [good, noPcap, good, good, noDb, noSftp], { clock_offset_ms: -187000, sensors: [sensor('file_scan', ['storage'])] }),
    agent('510903-hrs/app01', 'healthy', empty, STAGES.map(() => good), { sensors: [sensor('pcap:eth0', ['transmission']), sensor('file_scan', ['storage', 'collection']), sensor('login_log', ['operation']), sensor('db_audit', ['processing']), sensor('web_log', ['exchange'])] }),
  ]

  // Findings of the first unit: 130 through the day so far, more of the mild ones.
  const pick = [4, 2, 3, 4, 0, 3, 4, 2, 1, 3, 4, 3, 0]
  const leaves = []
  const findings = []
  for (let i = 0; i < 150; i++) {
    if (i % 15 === 14 || i < 10) {
      leaves.push(Buffer.from(`fengsui-leaf/v1 hb 510903-edu ${at(i / 150)}\nfengsui-rec/v1 hb\n{"ag":"510903-edu/db01","sq":${i}}\n\n— fixture\n`))
      continue
    }
    const r = RULES[pick[i % pick.length]]
    const host = ['db01', 'web01', 'app02'][i % 3]
    const time = at(0.02 + (0.95 * i) / 150)
    leaves.push(Buffer.from(`fengsui-leaf/v1 find 510903-edu ${time + 800}\nfengsui-rec/v1 find\n{"ag":"510903-edu/${host}","sq":${i},"rule":"${r.rule}"}\n\n— fixture\n`))
    findings.push({
      index: i, agent: `510903-edu/${host}`, seq: i, time, received: time + 800, rule: r.rule, rule_version: '1', severity: r.severity, stage: r.stage,
      title: { zh: r.zh, en: r.en }, message: { zh: `${r.zh}：${r.object}`, en: `${r.en}: ${r.object}` }, types: r.types, object: r.object, triage: 'untriaged',
    })
  }
  const checkpointRoot = root(leaves)
  const proofOf = (i) => ({
    index: i, size: leaves.length, root: checkpointRoot.toString('base64'), hashes: path(i, leaves).map((h) => h.toString('base64')),
    checkpoint: `fengsui.example.gov.cn/510900/510903-edu/2026\n${leaves.length}\n${checkpointRoot.toString('base64')}\n\n— fixture\n`,
  })
  const detailOf = (f) => {
    const r = RULES.find((x) => x.rule === f.rule)
    const event = {
      class_uid: Object.keys(f.types).length > 0 ? 2006 : 2004, message: f.message.zh, time: f.time, severity_id: SEVERITIES.indexOf(f.severity) + 1,
      finding_info: { uid: sha(f.rule).toString('hex').slice(0, 32), title: f.title.zh, types: [f.stage], analytic: { type_id: 1, type: 'Rule', uid: f.rule, version: '1' }, data_sources: ['file_scan'] },
      unmapped: { fengsui: {
        catalog_item: 'unregistered', title: f.title, text: f.message, clause: '16b', rule_author: 'Fengsui',
        remediation: { zh: '收紧文件权限，移出 Web 目录；确认数据是否已被他人读取。', en: 'Tighten the permissions and move the file out of the web root; find out who has read it.' },
        data: Object.entries(f.types).map(([type, n]) => ({ type, clear: n, masked: 0, unclear: 0, confidence: 98, samples: SAMPLES[type] ?? [], digests: [], why: r.why })),
      } },
    }
    const leaf = leaves[f.index]
    return { ...f, event, detail: JSON.stringify(event), salt: Buffer.alloc(32, 7).toString('base64'), leaf_b64: leaf.toString('base64'), leaf_hash: leafHash(leaf).toString('base64'), proof: proofOf(f.index) }
  }

  const cover = (sources, covered, degraded = 0, planned = 0, late = 0) => {
    const required = sources * elapsed
    const c = Math.floor(covered * required), d = Math.floor(degraded * required), p = Math.floor(planned * required)
    return { required, covered: c, late: Math.floor(late * c), degraded: d, planned: p, gap: required - c - d - p, ratio: required - p > 0 ? c / (required - p) : null }
  }
  const add = (list) => {
    const sum = { required: 0, covered: 0, late: 0, degraded: 0, planned: 0, gap: 0 }
    list.filter(Boolean).forEach((c) => Object.keys(sum).forEach((k) => (sum[k] += c[k])))
    return { ...sum, ratio: sum.required - sum.planned > 0 ? sum.covered / (sum.required - sum.planned) : null }
  }
  const row = (stage, state, reason, required, effective, events, coverage, of) => {
    const counts = none()
    of.filter((f) => f.stage === stage).forEach((f) => counts[f.severity]++)
    return { stage, state, reason, sensors_required: required, sensors_effective: effective, events, findings: counts, coverage }
  }
  const record = (unit, ofDate, stages, of, hosts, gaps, seal, state) => {
    const counts = none()
    const hourly = Array(24).fill(0)
    of.forEach((f) => { counts[f.severity]++; hourly[new Date(f.time + ZONE).getUTCHours()]++ })
    return {
      unit, date: ofDate, number: `${unit}-${ofDate.replaceAll('-', '')}`, state, as_of: Math.min(now, startOf(ofDate) + 24 * HOUR), hosts, stages, findings: counts, findings_total: of.length,
      coverage: add(stages.map((s) => s.coverage)), gaps, gaps_total: gaps.length, seal, hourly, supplements: seal ? [{ index: 149, date, records: 3 }] : [],
      review: { reviewer: '', reviewed: 0, opinion: '', second: '', countersigned: 0 },
    }
  }
  const blind = (stage, zh = '没有要求的传感器', en = 'No sensor is required') => row(stage, 'unavailable', { zh, en }, 0, 0, 0, null, [])

  function day(unit, ofDate) {
    if (ofDate > date) return null
    const past = ofDate < date
    const seal = past ? { index: 140, root: checkpointRoot.toString('base64'), checkpoint_size: 141, time: startOf(ofDate) + 24.5 * HOUR, from: startOf(ofDate), to: startOf(ofDate) + 24 * HOUR, partial: false } : null
    if (unit === '510903-edu' && !past) {
      const gaps = [
        { agent: '510903-edu/file01', source: '', from: at(0.6), to: now, cause: 'no_heartbeat' },
        { agent: '510903-edu/old01', source: '', from: start, to: now, cause: 'never_enrolled' },
        { agent: '510903-edu/app02', source: 'pcap:eth0', from: start, to: now, cause: 'source_unavailable' },
      ].sort((a, b) => a.from - b.from)
      const hosts = { required: 5, reporting: 3, missing: [{ agent: '510903-edu/file01', status: 'silent', last_seen: at(0.6) }, { agent: '510903-edu/old01', status: 'never_seen', last_seen: null }] }
      return record(unit, ofDate, [
        row('collection', 'effective', empty, 4, 4, 9120, cover(4, 0.9), findings),
        row('transmission', 'degraded', { zh: '1 台没有抓包权限，1 台内核丢包', en: 'One host cannot capture, one drops packets' }, 4, 2, 1398444, cover(4, 0.5, 0.22, 0.05), findings),
        row('storage', 'effective', empty, 5, 4, 20117, cover(5, 0.86), findings),
        row('operation', 'effective', empty, 4, 4, 388, cover(4, 1), findings),
        row('processing', 'unavailable', { zh: '没有数据库审计日志', en: 'No database audit log' }, 2, 0, 0, cover(2, 0), findings),
        blind('exchange', '没有配置交换目录', 'No exchange directory is configured'),
      ], findings, hosts, gaps, null, 'open')
    }
    if (unit === '510903-hrs') {
      return record(unit, ofDate, STAGES.map((s) => row(s, 'effective', empty, 1, 1, 5210, cover(1, 1, 0, 0, 0.1), [])), [], { required: 1, reporting: 1, missing: [] }, [], seal, past ? 'sealed' : 'open')
    }
    return record(unit, ofDate, STAGES.map((s) => blind(s)), [], { required: 0, reporting: 0, missing: [] }, [], seal, past ? 'sealed' : 'open')
  }

  return { now, date, units, agents, findings, day, detailOf, add }
}

// The suggested points of row 16: a pure integer function of its inputs under a policy file that is named by its digest.
import { byteLength, hex, refuse } from './bytes'
import { sha256 } from './hash'
import { Fields, flag, object, type Json, type JsonObject } from './json'
import { encode } from './bytes'

const MAX_COUNT = 1_000_000_000
type Known = [number, number] // low, high

interface Inputs {
  documents: Known
  documentsTotal: number
  hostDays: Known
  hostDaysRequired: number
  stages: Known
  stagesApplicable: number
  checks: Known
  checksApplicable: number
  days: number
  records: Known
  reviewed: Known
  l1: number
  l2: number
  l3: number
  l4: number
  ungraded: number
  concealment: boolean
}

function known(f: Fields, key: string): Known {
  const pair = f.array(key, 2)
  const [low, high] = pair
  if (pair.length !== 2 || typeof low !== 'number' || typeof high !== 'number' || low < 0 || high < low || high > MAX_COUNT) return f.fail(key, 'is not a pair low, high')
  return [low, high]
}
export function parseScoreInputs(j: Json): Inputs {
  const f = new Fields(j, 'score inputs')
  const n = (key: string): number => f.integer(key, 0, MAX_COUNT)
  return {
    documents: known(f, 'documents'),
    documentsTotal: n('documentsTotal'),
    hostDays: known(f, 'hostDays'),
    hostDaysRequired: n('hostDaysRequired'),
    stages: known(f, 'stages'),
    stagesApplicable: n('stagesApplicable'),
    checks: known(f, 'checks'),
    checksApplicable: n('checksApplicable'),
    days: n('days'),
    records: known(f, 'records'),
    reviewed: known(f, 'reviewed'),
    l1: n('l1'),
    l2: n('l2'),
    l3: n('l3'),
    l4: n('l4'),
    ungraded: n('ungraded'),
    concealment: flag(j, 'concealment'),
  }
}

interface Item {
  id: string
  part: string
  zh: string
  en: string
  input: string
  max: number
}
export interface ScorePolicy {
  uri: string
  digest: string
  items: Item[]
  graded: boolean
  perL4: number
  vetoL3: boolean
  vetoConcealment: boolean
}

const INPUTS = ['documents', 'host_days', 'stages', 'checks', 'records', 'reviewed', 'incidents']
type Value = string | number | boolean

function tomlValue(text: string): Value {
  if (text === 'true' || text === 'false') return text === 'true'
  if (text.length >= 2 && text.startsWith('"') && text.endsWith('"')) {
    const s = text.slice(1, -1)
    return byteLength(s) > 256 || /["\\]/.test(s) ? refuse('a string above 256 bytes or with escapes') : s
  }
  const n = /^[0-9]{1,16}$/.test(text) ? Number(text) : Infinity
  return n > 10_000 ? refuse('a value that is not a string, true, false or a number up to 10000') : n
}
function withoutComment(line: string): string {
  let inString = false
  for (let i = 0; i < line.length; ++i) {
    if (line[i] === '"') inString = !inString
    if (line[i] === '#' && !inString) return line.slice(0, i)
  }
  return line
}
const trimmed = (s: string): string => s.replace(/^[ \t]+/, '').replace(/[ \t\r]+$/, '')

// The few shapes of TOML that the file needs: comments, [[clause]], key = "string" | integer | true | false.
function tables(text: string): Map<string, Value>[] {
  const out: Map<string, Value>[] = [new Map()]
  for (const raw of text.split('\n')) {
    const line = trimmed(withoutComment(raw))
    if (line === '') continue
    if (line === '[[clause]]') {
      if (out.length > 64) refuse('score policy: more than 64 clauses')
      out.push(new Map())
      continue
    }
    const equals = line.indexOf('=')
    const key = trimmed(line.slice(0, Math.max(0, equals)))
    if (equals < 0 || !/^[a-z0-9_]+$/.test(key)) refuse('score policy: neither [[clause]] nor key = value')
    if (out.at(-1)!.has(key)) refuse(`score policy: '${key}' stands twice`)
    out.at(-1)!.set(key, tomlValue(trimmed(line.slice(equals + 1))))
  }
  return out
}
export function parseScorePolicy(text: string): ScorePolicy {
  if (byteLength(text) > 65_536) return refuse('score policy above 65536 bytes')
  const [root, ...clauses] = tables(text)
  const only = (t: Map<string, Value>, keys: string[]): void => {
    for (const key of t.keys()) if (!keys.includes(key)) refuse(`score policy: '${key}' is not a known key`)
  }
  function get(t: Map<string, Value>, key: string, kind: 'string'): string
  function get(t: Map<string, Value>, key: string, kind: 'number'): number
  function get(t: Map<string, Value>, key: string, kind: 'boolean'): boolean
  function get(t: Map<string, Value>, key: string, kind: string): Value {
    const v = t.get(key)
    return typeof v === kind ? v! : refuse(`score policy: '${key}' is missing or of another kind`)
  }
  only(root!, ['uri', 'incident_mode', 'per_l4', 'veto_l3', 'veto_concealment'])
  const mode = get(root!, 'incident_mode', 'string')
  if (mode !== 'strict' && mode !== 'graded') refuse("score policy: 'incident_mode' is neither strict nor graded")
  if (clauses.length === 0) refuse('score policy: no clause')
  return {
    uri: get(root!, 'uri', 'string'),
    digest: hex(sha256(encode(text))),
    graded: mode === 'graded',
    perL4: get(root!, 'per_l4', 'number'),
    vetoL3: get(root!, 'veto_l3', 'boolean'),
    vetoConcealment: get(root!, 'veto_concealment', 'boolean'),
    items: clauses.map((t) => {
      only(t, ['id', 'part', 'zh', 'en', 'input', 'max'])
      const item = {
        id: get(t, 'id', 'string'), part: get(t, 'part', 'string'), zh: get(t, 'zh', 'string'), en: get(t, 'en', 'string'), input: get(t, 'input', 'string'), max: get(t, 'max', 'number'),
      }
      if (item.part !== '16a' && item.part !== '16b') refuse("score policy: 'part' is neither 16a nor 16b")
      if (!INPUTS.includes(item.input)) refuse("score policy: 'input' is not an input of the score")
      return item
    }),
  }
}

// max × part / whole, rounded half up.
function share(max: number, part: number, whole: number): number {
  return Math.floor((2 * max * Math.min(Math.max(part, 0), whole) + whole) / (2 * whole))
}

interface Clause extends Item {
  low: number
  high: number
  complete: boolean
  formula: string
}
function ratioOf(inputs: Inputs, name: string): { part: Known; whole: number } {
  if (name === 'documents') return { part: inputs.documents, whole: inputs.documentsTotal }
  if (name === 'host_days') return { part: inputs.hostDays, whole: inputs.hostDaysRequired }
  if (name === 'stages') return { part: inputs.stages, whole: inputs.stagesApplicable }
  if (name === 'checks') return { part: inputs.checks, whole: inputs.checksApplicable }
  if (name === 'records') return { part: inputs.records, whole: inputs.days }
  return { part: inputs.reviewed, whole: inputs.days }
}
function ratioClause(item: Item, { part: [low, high], whole }: { part: Known; whole: number }): Clause {
  if (whole <= 0) return { ...item, low: 0, high: item.max, complete: false, formula: 'unknown' }
  return {
    ...item,
    low: share(item.max, low, whole),
    high: share(item.max, high, whole),
    complete: low === high,
    formula: `${item.max} × ${low === high ? low : `[${low},${high}]`} / ${whole}`,
  }
}
function incidentPoints(p: ScorePolicy, max: number, l4: number, severe: number): number {
  if (severe > 0) return 0
  if (l4 === 0) return max
  return p.graded ? Math.max(0, max - p.perL4 * l4) : 0
}
function incidentClause(p: ScorePolicy, item: Item, i: Inputs): Clause {
  const high = incidentPoints(p, item.max, i.l4 + i.ungraded, i.l1 + i.l2 + i.l3)
  return {
    ...item,
    high,
    low: i.ungraded > 0 && p.vetoL3 ? 0 : high,
    complete: i.ungraded === 0,
    formula: `${p.graded ? 'graded' : 'strict'}: l1..l4 = ${i.l1},${i.l2},${i.l3},${i.l4}, ungraded ${i.ungraded}`,
  }
}

// The score as the statement holds it.
export function scoreJson(p: ScorePolicy, i: Inputs): JsonObject {
  const veto = (p.vetoL3 && i.l1 + i.l2 + i.l3 > 0) || (p.vetoConcealment && i.concealment)
  const clauses = p.items.map((item) => (item.input === 'incidents' ? incidentClause(p, item, i) : ratioClause(item, ratioOf(i, item.input))))
  const sum = (part: string, end: 'low' | 'high'): number => clauses.filter((c) => (c.part === '16a') === (part === '16a')).reduce((n, c) => n + c[end], 0)
  const a: Known = [sum('16a', 'low'), sum('16a', 'high')]
  const b: Known = [sum('16b', 'low'), sum('16b', 'high')]
  if (veto) b[0] = b[1] = 0
  else if (p.vetoL3 && i.ungraded > 0) b[0] = 0 // one of them may turn out to be l3
  const components = clauses.map((c) =>
    object(['id', c.id], ['part', c.part], ['zh', c.zh], ['en', c.en], ['max', c.max], ['low', c.low], ['high', c.high], ['complete', c.complete], ['formula', c.formula]),
  )
  const inputs = object(
    ['documents', i.documents], ['documentsTotal', i.documentsTotal], ['hostDays', i.hostDays], ['hostDaysRequired', i.hostDaysRequired], ['stages', i.stages],
    ['stagesApplicable', i.stagesApplicable], ['checks', i.checks], ['checksApplicable', i.checksApplicable], ['days', i.days], ['records', i.records], ['reviewed', i.reviewed],
    ['l1', i.l1], ['l2', i.l2], ['l3', i.l3], ['l4', i.l4], ['ungraded', i.ungraded], ['concealment', i.concealment],
  )
  return object(
    ['policy', object(['uri', p.uri], ['digest', p.digest])], ['unit', 'hundredths'], ['low', a[0] + b[0]], ['high', a[1] + b[1]], ['a', a], ['b', b],
    ['veto', veto], ['components', components], ['inputs', inputs],
  )
}

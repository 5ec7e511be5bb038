// A result on the screen and on paper.
import { coveredPpm } from './coverage'
import { el, svg } from './dom'
import type { Totals } from './body'
import type { Text } from './replay'
import { verdict, type CalendarDay, type Result, type Step } from './result'
import type { Message } from './serve'
import { civil, dayText, rfc3339, weekday } from './time'
import { ASSUMPTIONS, CAUSES, LIMITS, STATES, WORDS, type Language, type Word } from './words'

type Answer = Extract<Message, { kind: 'result' }>
type Tell = (key: Word, ...values: (string | number)[]) => string

const INTERVALS_SHOWN = 200
const COLOURS = { covered: '#2e9e6b', degraded: '#e0a100', planned: '#5b8def', gap: '#d33a2c' } as const
const STATES_OF_TIME = ['covered', 'degraded', 'planned', 'gap'] as const

const moment = (ms: number): string => rfc3339(ms).slice(0, 19).replace('T', ' ')
const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',')
// Two decimals, never rounded up to 100.
function percent(t: Totals): string {
  if (t.required - t.planned === 0) return '—'
  const hundredths = Math.floor(coveredPpm(t) / 100)
  return hundredths === 10_000 ? '100%' : `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}%`
}

// The shares of a day's seconds, side by side; whatever is not nothing is at least visible.
function bar(t: Totals): SVGElement {
  const parts: SVGElement[] = []
  let x = 0
  const shown = STATES_OF_TIME.filter((s) => t[s] > 0)
  const spare = 100 - 4 * shown.length
  for (const s of shown) {
    const width = 4 + (spare * t[s]) / t.required
    parts.push(svg('rect', { x: x.toFixed(2), y: '0', width: width.toFixed(2), height: '8', fill: COLOURS[s] }))
    x += width
  }
  if (t.required === 0) parts.push(svg('rect', { x: '0', y: '0', width: '100', height: '8', fill: '#cfd6dd' }))
  return svg('svg', { viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, parts)
}

function dayCell(d: CalendarDay, tell: Tell): HTMLElement {
  const t = d.totals
  const figures = STATES_OF_TIME.filter((s) => t[s] > 0).map((s) => `${tell(s)} ${grouped(t[s])} ${tell('seconds')}`)
  const marks = [tell(d.sealed ? 'sealed' : 'notSealed'), ...(d.supplemented ? [tell('supplemented')] : []), `${tell('findings')} ${d.findings}`]
  const cell = el('div', { class: d.sealed ? 'day' : 'day open', title: [dayText(d.day), ...figures, ...marks].join('\n') }, [
    el('b', {}, [String(civil(d.day).day)]),
    el('em', {}, [t.required === 0 ? '—' : percent(t)]),
    bar(t),
    el('i', {}, [(d.supplemented ? '+ ' : '') + (d.findings > 0 ? `▲${grouped(d.findings)}` : '')]),
  ])
  return cell
}

function calendar(days: CalendarDay[], tell: Tell): HTMLElement {
  const months = new Map<string, CalendarDay[]>()
  for (const d of days) {
    const { year, month } = civil(d.day)
    const key = tell('month', year, String(month).padStart(2, '0'))
    months.set(key, [...(months.get(key) ?? []), d])
  }
  return el('div', { class: 'months', id: 'calendar' }, [...months].map(([name, list]) => {
    const grid = el('div', { class: 'grid' }, tell('weekdays').split(' ').map((w) => el('span', {}, [w])))
    for (let i = 1; i < weekday(list[0]!.day); ++i) grid.append(el('div'))
    for (const d of list) grid.append(dayCell(d, tell))
    return el('section', { class: 'month' }, [el('h3', {}, [name]), grid])
  }))
}

function legend(tell: Tell): HTMLElement {
  const swatch = (colour: string): SVGElement => svg('svg', { width: '14', height: '14', 'aria-hidden': 'true' }, [svg('rect', { width: '14', height: '14', rx: '3', fill: colour })])
  return el('p', { class: 'legend' }, [
    ...STATES_OF_TIME.map((s) => el('span', {}, [swatch(COLOURS[s]), tell(s)])),
    el('span', {}, [swatch('#cfd6dd'), tell('notRequired')]),
    el('span', {}, ['▲ ' + tell('findings')]),
    el('span', {}, ['+ ' + tell('supplemented')]),
    el('span', {}, ['┄ ' + tell('notSealed')]),
  ])
}

function causeText(cause: string, language: Language): string {
  const colon = cause.indexOf(': ')
  const known = CAUSES[cause]
  if (known) return known[language]
  if (language === 'zh' && colon > 0) {
    const head = cause.slice(0, colon)
    return (head === 'unavailable' ? '不可用' : head === 'degraded' ? '降级' : head) + '：' + cause.slice(colon + 2)
  }
  return cause
}

const row = (cells: (Node | string)[], head = false): HTMLElement => el('tr', {}, cells.map((c) => el(head ? 'th' : 'td', {}, [c])))

function stepRow(s: Step, language: Language, tell: Tell): HTMLElement {
  const place = s.leaf >= 0 ? `${tell('leaf', s.leaf)}${s.day === '' ? '' : ` · ${s.day}`}` : ''
  const detail = [s.detail[language], place].filter((x) => x !== '').join(' — ')
  return el('tr', { class: s.state, 'data-step': `V${s.number}`, 'data-state': s.state }, [
    el('td', {}, [`V${s.number}`]),
    el('td', {}, [s.title[language]]),
    el('td', { class: 'mark' }, [STATES[s.state][language]]),
    el('td', {}, [detail]),
  ])
}

function totalsTable(t: Totals, tell: Tell): HTMLElement {
  const n = (v: string): HTMLElement => el('td', { class: 'n' }, [v])
  return el('table', {}, [
    el('tr', {}, [...STATES_OF_TIME.map((s) => el('th', { class: 'n' }, [tell(s)])), el('th', { class: 'n' }, [tell('total')]), el('th', { class: 'n' }, [`${tell('covered')} / (${tell('total')} − ${tell('planned')})`])]),
    el('tr', {}, [...STATES_OF_TIME.map((s) => n(grouped(t[s]))), n(grouped(t.required)), n(percent(t))]),
  ])
}

function intervals(r: Result, language: Language, tell: Tell): HTMLElement[] {
  const all = r.shown.intervals
  if (all.length === 0) return []
  const rows = all.slice(0, INTERVALS_SHOWN).map((i) =>
    row([i.asset, i.source, `${moment(i.from)} — ${moment(i.to)}`, grouped((i.to - i.from) / 1000), tell(i.state), causeText(i.cause, language), i.leaf >= 0 ? tell('leaf', i.leaf) : '']),
  )
  return [
    el('h2', {}, [tell('intervals')]),
    el('table', {}, [row([tell('asset'), tell('source'), tell('span'), tell('seconds'), tell('state'), tell('cause'), ''], true), ...rows]),
    all.length > INTERVALS_SHOWN ? el('p', { class: 'soft' }, [tell('intervalsMore', all.length - INTERVALS_SHOWN)]) : el('span'),
  ]
}

const bullets = (texts: string[]): HTMLElement => el('ul', {}, texts.map((t) => el('li', {}, [t])))

function banner(r: Result, tell: Tell): HTMLElement {
  const v = verdict(r)
  const level = r.level === 0 ? 'none' : (`L${r.level}` as const)
  const lines = [el('strong', { id: 'verdict', 'data-verdict': v }, [tell(v)]), el('span', { id: 'level', 'data-level': level }, [tell(`level${level}` as Word)])]
  if (r.revoked) lines.push(el('p', {}, [r.revokedReason]))
  if (r.firstBroken >= 0)
    lines.push(el('p', { id: 'broken', 'data-leaf': String(r.firstBroken), 'data-day': r.firstBrokenDay }, [`${tell('firstBroken')}: ${tell('leaf', r.firstBroken)}, ${r.firstBrokenDay}`]))
  return el('div', { class: `verdict ${v}`, role: 'status' }, lines)
}

function about(a: Answer, tell: Tell): HTMLElement {
  const r = a.result
  const list = el('dl')
  const add = (key: Word, value: string, mono = false): void => void list.append(el('dt', {}, [tell(key)]), el('dd', mono ? { class: 'mono' } : {}, [value]))
  if (r.dept !== '') {
    add('theUnit', r.dept)
    add('period', `${moment(r.from)} ${tell('until')} ${moment(r.to)} (UTC+08:00)`)
    const outcome = r.outcome === 'issued' || r.outcome === 'issued_with_notes' || r.outcome === 'refused' ? tell(r.outcome) : r.outcome
    add('says', [outcome, tell(r.incidentFree ? 'free' : 'notFree'), ...(r.provisional ? [tell('provisional')] : [])].join(' · '))
    const { score } = r.shown
    const points = (n: number): string => `${Math.floor(n / 100)}.${String(n % 100).padStart(2, '0')}`
    if (score) add('score', `${score.low === score.high ? points(score.low) : `${points(score.low)} – ${points(score.high)}`} / 10 · ${tell('scoreNote')}`)
    add('log', `${r.shown.origin} · ${r.leaves} ${tell('leaves')}`, true)
    add('statementDigest', r.shown.payload, true)
  }
  add('bundleDigest', `${a.digest} (${grouped(a.size)} B)`, true)
  return list
}

function save(json: string): void {
  const link = el('a', { href: URL.createObjectURL(new Blob([json + '\n'], { type: 'application/json' })), download: 'verification.json' })
  link.click()
}

export function show(a: Answer, language: Language, again: HTMLElement): (HTMLElement | string)[] {
  const r = a.result
  const tell: Tell = (key, ...values) => WORDS[key][language].replace(/\{(\d)\}/g, (_, i) => String(values[Number(i)]))
  const texts = (list: Text[]): string[] => list.map((x) => x[language])
  const print = el('button', { type: 'button' }, [tell('print')])
  print.addEventListener('click', () => window.print())
  const keep = el('button', { type: 'button' }, [tell('save')])
  keep.addEventListener('click', () => save(a.json))
  const { shown } = r
  const out: (HTMLElement | string)[] = [banner(r, tell), el('div', { class: 'actions noprint' }, [print, keep, again]), about(a, tell)]
  if (r.notes.length > 0) out.push(el('h2', {}, [tell('warnings')]), bullets(texts(r.notes)))
  if (shown.refusals.length + shown.reasons.length > 0) out.push(el('h2', {}, [tell('reasons')]), bullets(texts([...shown.refusals, ...shown.reasons])))
  if (shown.totals) {
    out.push(el('h2', {}, [tell('calendar')]), el('p', { class: 'soft small' }, [tell('calendarNote')]))
    if (!r.verified) out.push(el('p', { class: 'wrong' }, [tell('calendarDoubt')]))
    out.push(legend(tell), calendar(shown.calendar, tell), el('p'), totalsTable(shown.totals, tell), ...intervals(r, language, tell))
  }
  out.push(
    el('h2', {}, [tell('steps')]),
    el('table', { id: 'steps' }, [row([tell('step'), tell('checked'), tell('state'), tell('detail')], true), ...r.steps.map((s) => stepRow(s, language, tell))]),
  )
  if (r.assumptions.length > 0) out.push(el('h2', {}, [tell('assumptions')]), bullets(r.assumptions.map((x) => ASSUMPTIONS[x]?.[language] ?? x)))
  out.push(
    el('h2', {}, [tell('cannot')]),
    r.dept === '' ? '' : el('p', {}, [tell('disclaimer')]),
    bullets(texts(LIMITS)),
    el('p', { class: 'soft small' }, [tell('took', a.ms, shown.signatures.bulk, shown.signatures.single)]),
    el('script', { type: 'application/json', id: 'result' }, [a.json]),
  )
  return out
}

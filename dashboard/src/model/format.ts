// Moments, spans and numbers for the screen. The product's day is Asia/Shanghai, UTC+08:00 without summer time, whatever
// the browser's zone is; clocks have 24 hours.
const ZONE_MS = 8 * 3600 * 1000
export const HOUR_MS = 3600 * 1000
export const DAY_MS = 24 * HOUR_MS

const two = (n: number) => String(n).padStart(2, '0')

// "2026-11-24"
export function localDate(ms: number): string {
  const d = new Date(ms + ZONE_MS)
  return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`
}

// "23:05:09"
export function clock(ms: number): string {
  const d = new Date(ms + ZONE_MS)
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`
}

// "2026-11-24 23:05:09"
export function moment(ms: number): string {
  return `${localDate(ms)} ${clock(ms)}`
}

// The first millisecond of a local day; NaN when `date` is not one.
export function dayStart(date: string): number {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return Number.NaN
  const ms = Date.parse(`${date}T00:00:00Z`) - ZONE_MS
  return localDate(ms) === date ? ms : Number.NaN
}

export function isDate(text: unknown): text is string {
  return typeof text === 'string' && !Number.isNaN(dayStart(text))
}

export function addDays(date: string, days: number): string {
  return localDate(dayStart(date) + days * DAY_MS)
}

// Thousands in groups, the same in both languages: "12,345".
export function count(n: number): string {
  return String(Math.trunc(n)).replace(/\B(?=(\d{3})+$)/g, ',')
}

// A ratio as percent, rounded down so that 100 % means all of it: 0.99999 → "99.9%"; a little is not nothing: "<0.1%".
export function percent(ratio: number): string {
  if (ratio > 0 && ratio < 0.001) return '<0.1%'
  const tenths = Math.floor(ratio * 1000 + 1e-9)
  return tenths % 10 === 0 ? `${tenths / 10}%` : `${(tenths / 10).toFixed(1)}%`
}

// Seconds in two units at most: "2 h 5 min", "45 s"; `units` are the words for day, hour, minute, second.
export function span(seconds: number, units: readonly [string, string, string, string]): string {
  const sizes = [86400, 3600, 60, 1]
  let rest = Math.max(0, Math.floor(seconds))
  const parts: string[] = []
  for (let i = 0; i < 4 && parts.length < 2; i++) {
    const size = sizes[i] as number
    const n = Math.floor(rest / size)
    if (n > 0) parts.push(`${n} ${units[i]}`)
    else if (parts.length > 0) break
    rest -= n * size
  }
  return parts.length > 0 ? parts.join(' ') : `0 ${units[3]}`
}

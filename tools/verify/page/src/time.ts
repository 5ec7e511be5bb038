// Times are Unix milliseconds; days are natural days of Asia/Shanghai, UTC+08:00, counted from 1970-01-01.
export const CHINA_MINUTES = 480
export const DAY_MS = 86_400_000

export const dayOf = (ms: number, minutes = CHINA_MINUTES): number => Math.floor((ms + minutes * 60_000) / DAY_MS)
export const startOf = (day: number, minutes = CHINA_MINUTES): number => day * DAY_MS - minutes * 60_000

const pad = (n: number, width: number): string => (n < 0 ? '-' + String(-n).padStart(width - 1, '0') : String(n).padStart(width, '0'))

export interface Civil {
  year: number
  month: number
  day: number
}
// The proleptic Gregorian calendar, for any day (Date ends at 275760).
export function civil(day: number): Civil {
  const z = day + 719_468
  const era = Math.floor(z / 146_097)
  const doe = z - era * 146_097
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365)
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100))
  const mp = Math.floor((5 * doy + 2) / 153)
  const month = mp < 10 ? mp + 3 : mp - 9
  return { year: yoe + era * 400 + (month <= 2 ? 1 : 0), month, day: doy - Math.floor((153 * mp + 2) / 5) + 1 }
}
export function dayText(day: number): string {
  const c = civil(day)
  return `${pad(c.year, 4)}-${pad(c.month, 2)}-${pad(c.day, 2)}`
}
// Exactly YYYY-MM-DD and a real date, else undefined.
export function parseDay(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined
  const ms = Date.UTC(2000, Number(text.slice(5, 7)) - 1, Number(text.slice(8)))
  const date = new Date(ms)
  date.setUTCFullYear(Number(text.slice(0, 4)), Number(text.slice(5, 7)) - 1, Number(text.slice(8)))
  const day = Math.floor(date.getTime() / DAY_MS)
  return dayText(day) === text ? day : undefined
}
// 1 Monday … 7 Sunday
export const weekday = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1

export function rfc3339(ms: number, minutes = CHINA_MINUTES): string {
  const local = ms + minutes * 60_000
  const day = Math.floor(local / DAY_MS)
  const t = local - day * DAY_MS
  const off = Math.abs(minutes)
  const part = (n: number, w = 2): string => pad(n, w)
  return (
    `${dayText(day)}T${part(Math.floor(t / 3_600_000))}:${part(Math.floor(t / 60_000) % 60)}:${part(Math.floor(t / 1000) % 60)}.${part(t % 1000, 3)}` +
    `${minutes < 0 ? '-' : '+'}${part(Math.floor(off / 60))}:${part(off % 60)}`
  )
}

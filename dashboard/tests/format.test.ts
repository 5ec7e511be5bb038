import { describe, expect, it } from 'vitest'
import { addDays, clock, count, dayStart, isDate, localDate, moment, percent, span } from '@/model/format'

const units = ['d', 'h', 'min', 's'] as const

describe('time', () => {
  it('is Asia/Shanghai whatever the zone of the browser', () => {
    // `date -u -d @1796054399` = 2026-11-30 15:59:59 UTC; eight hours later is the last second of the local day.
    expect(moment(1796054399000)).toBe('2026-11-30 23:59:59')
    expect(localDate(1796054400000)).toBe('2026-12-01')
    expect(clock(1796054400000)).toBe('00:00:00')
  })
  it('starts the local day at 16:00 UTC of the day before', () => {
    expect(dayStart('2026-12-01')).toBe(1796054400000)
  })
  it('does not take what is not a day', () => {
    for (const bad of ['2026-02-30', '2026-13-01', '2026-1-1', '', 'x', 20261201, null]) expect([bad, isDate(bad)]).toEqual([bad, false])
  })
  it('walks over months and leap years', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
    expect(addDays('2028-03-01', -1)).toBe('2028-02-29')
  })
})

describe('numbers', () => {
  it('groups thousands', () => {
    expect([0, 999, 1000, 1398444].map(count)).toEqual(['0', '999', '1,000', '1,398,444'])
  })
  it('never rounds a share up to all or down to nothing', () => {
    expect([1, 0.99999, 0.9999, 0.5, 0.526, 0.00001, 0].map(percent)).toEqual(['100%', '99.9%', '99.9%', '50%', '52.6%', '<0.1%', '0%'])
  })
  it('says spans in at most two units', () => {
    expect([0, 45, 60, 3661, 90061, -5].map((s) => span(s, units))).toEqual(['0 s', '45 s', '1 min', '1 h 1 min', '1 d 1 h', '0 s'])
  })
})

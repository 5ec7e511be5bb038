// @vitest-environment happy-dom
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { locale, say, setLocale, t, typeName, whyName, type Key } from '@/i18n'
import { en } from '@/i18n/en'
import { zh } from '@/i18n/zh'
import { AGENT_STATUSES, DAY_STATES, GAP_CAUSES, SEVERITIES, STAGES, TRIAGE_STATES, UNIT_KINDS } from '@/api/types'

function flat(tree: object, prefix = ''): Map<string, string> {
  const out = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') out.set(prefix + key, value)
    else flat(value as object, `${prefix}${key}.`).forEach((v, k) => out.set(k, v))
  }
  return out
}
const zhTexts = flat(zh)
const enTexts = flat(en)
const han = /[㐀-鿿]/
// Names that are the same in both languages.
const shared = new Set(['language.zh', 'language.en'])

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? sources(join(folder, e.name)) : /\.(vue|ts)$/.test(e.name) ? [join(folder, e.name)] : []))
}
const code = sources('src').filter((f) => !/i18n.(zh|en)\.ts$/.test(f)).map((f) => [f, readFileSync(f, 'utf8')] as const)

afterEach(() => setLocale('zh'))

describe('texts', () => {
  it('have the same keys in both languages', () => {
    expect([...enTexts.keys()].sort()).toEqual([...zhTexts.keys()].sort())
  })
  it('are Chinese in zh and hold no Chinese in en', () => {
    const notChinese = [...zhTexts].filter(([k, v]) => !shared.has(k) && !han.test(v) && !/^[、，]$/.test(v)).map(([k]) => k)
    const notEnglish = [...enTexts].filter(([k, v]) => !shared.has(k) && (han.test(v) || v.trim() === '')).map(([k]) => k)
    expect(notChinese).toEqual([])
    expect(notEnglish).toEqual([])
  })
  it('take the same values in both languages', () => {
    const holes = (s: string) => [...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort()
    for (const [key, text] of zhTexts) expect([key, holes(enTexts.get(key) ?? '')]).toEqual([key, holes(text)])
  })
  it('exist for every key that the sources name', () => {
    for (const [file, text] of code) {
      for (const m of text.matchAll(/\bt\(\s*'([a-z_.]+)'/g)) expect([file, m[1], zhTexts.has(m[1] as string)]).toEqual([file, m[1], true])
    }
  })
  it('are used: no key is left over', () => {
    const all = code.map(([, text]) => text).join('\n')
    const families = [...all.matchAll(/[`'"]([a-z_]+(?:\.[a-z_]+)*)\.\$\{/g)].map((m) => m[1] as string)
    families.push('type', 'why', 'why_detail', 'units', 'today.verdict', 'today.verdict_other')
    const unused = [...zhTexts.keys()].filter((k) => !all.includes(`'${k}'`) && !families.some((f) => k.startsWith(`${f}.`)))
    expect(unused).toEqual([])
  })
  it('cover every word of the interface', () => {
    const families: [string, readonly string[]][] = [['stage', STAGES], ['severity', SEVERITIES], ['agent_status', AGENT_STATUSES], ['agent_definition', AGENT_STATUSES], ['gap_cause', GAP_CAUSES], ['day_state', DAY_STATES], ['unit_kind', UNIT_KINDS], ['triage.state', TRIAGE_STATES]]
    for (const [family, words] of families) for (const w of words) expect([`${family}.${w}`, zhTexts.has(`${family}.${w}`)]).toEqual([`${family}.${w}`, true])
  })
  it('no screen text is written outside the tables', () => {
    for (const [file, text] of code) {
      // Failures of the client itself carry both languages where they arise.
      if (file.endsWith('client.ts')) continue
      const template = file.endsWith('.vue') ? (text.split('<template>')[1] ?? '') : text.replace(/\/\/.*|\/\*[\s\S]*?\*\//g, '')
      expect([file, han.test(template)]).toEqual([file, false])
    }
  })
})

describe('language', () => {
  it('is Chinese until another is chosen, and the choice is kept', () => {
    expect(locale.value).toBe('zh')
    expect(t('nav.today')).toBe('今日总览')
    setLocale('en')
    expect(t('nav.today')).toBe('Today')
    expect(document.documentElement.lang).toBe('en')
    expect(localStorage.getItem('fengsui.locale')).toBe('en')
  })
  it('fills values in and leaves unknown holes visible', () => {
    expect(t('findings.total', { n: 3 })).toBe('共 3 条')
    expect(t('findings.total')).toBe('共 {n} 条')
  })
  it('refuses a key that does not exist', () => {
    expect(() => t('nav.nothing' as Key)).toThrow('nav.nothing')
    expect(() => t('nav' as Key)).toThrow('nav')
  })
  it('shows texts of data in the other language rather than nothing', () => {
    setLocale('en')
    expect(say({ zh: '明文', en: '' })).toBe('明文')
    expect(say({ zh: '明文', en: 'clear' })).toBe('clear')
    expect(say(null)).toBe('')
  })
  it('names the reasons of a detector, and leaves unknown ones as they came', () => {
    expect(['checksum', 'area:retired', 'column:id_card', 'new_reason', 'new:thing'].map(whyName)).toEqual(['校验位', '行政区划 (已撤销)', '列名 (id_card)', 'new_reason', 'new (thing)'])
  })
  it('shows an unknown data type under its identifier', () => {
    expect(typeName('citizen_id')).toBe('居民身份证号')
    expect(typeName('brand_new')).toBe('brand_new')
  })
})

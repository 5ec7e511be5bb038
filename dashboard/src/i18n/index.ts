// Two languages, switched without a reload: everything that calls t() in a render follows `locale`.
import { ref } from 'vue'
import type { Text } from '@/api/types'
import { en } from './en'
import { zh, type Messages } from './zh'

export type Locale = 'zh' | 'en'
const KEY = 'fengsui.locale'
const all: Record<Locale, Messages> = { zh, en }

// Dotted names of all texts: "nav.today".
type Keys<T> = { [K in keyof T & string]: T[K] extends string ? K : `${K}.${Keys<T[K]>}` }[keyof T & string]
export type Key = Keys<Messages>

export const locale = ref<Locale>(stored())

export function setLocale(next: Locale): void {
  locale.value = next
  localStorage.setItem(KEY, next)
  applyToDocument()
}

export function applyToDocument(): void {
  document.documentElement.lang = locale.value === 'zh' ? 'zh-CN' : 'en'
  document.title = `${t('app.name')} ${t('app.title')}`
}

export function t(key: Key, values: Record<string, string | number> = {}): string {
  const found = lookup(all[locale.value], key)
  if (found === null) throw new Error(`no text: ${key}`)
  return found.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole))
}

// A text that came with data, in the language of the screen as far as it exists.
export function say(text: Text | null | undefined): string {
  if (!text) return ''
  return locale.value === 'zh' ? text.zh || text.en : text.en || text.zh
}

// The name of a type of data; an unknown one, from a newer agent, stands under its identifier.
export function typeName(type: string): string {
  const names: Record<string, string> = all[locale.value].type
  return names[type] ?? type
}

// Why a detector was sure: "area:retired" → "行政区划 (已撤销)". What is not in the table stands as it came.
export function whyName(why: string): string {
  const names: Record<string, string> = all[locale.value].why
  const details: Record<string, string> = all[locale.value].why_detail
  const colon = why.indexOf(':')
  if (colon < 0) return names[why] ?? why
  const [id, detail] = [why.slice(0, colon), why.slice(colon + 1)]
  return `${names[id] ?? id} (${details[detail] ?? detail})`
}

export function spanUnits(): readonly [string, string, string, string] {
  const u = all[locale.value].units
  return [u.day, u.hour, u.minute, u.second]
}

function lookup(tree: unknown, key: string): string | null {
  let at = tree
  for (const part of key.split('.')) {
    if (typeof at !== 'object' || at === null) return null
    at = (at as Record<string, unknown>)[part]
  }
  return typeof at === 'string' ? at : null
}

function stored(): Locale {
  if (typeof localStorage === 'undefined') return 'zh'
  return localStorage.getItem(KEY) === 'en' ? 'en' : 'zh'
}

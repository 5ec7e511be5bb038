// Who is logged in. Lives in sessionStorage: a reload keeps it, closing the tab ends it.
import { ref } from 'vue'
import type { Role, Session } from '@/api/types'

const KEY = 'fengsui.session'

export const session = ref<Session | null>(stored())
export const ended = ref<'expired' | null>(null) // why there is none, to be said on the login page

export function setSession(next: Session): void {
  session.value = next
  ended.value = null
  sessionStorage.setItem(KEY, JSON.stringify(next))
}

export function has(...roles: Role[]): boolean {
  return session.value !== null && session.value.roles.some((r) => roles.includes(r))
}

export function clearSession(why: 'expired' | null = null): void {
  session.value = null
  ended.value = why
  sessionStorage.removeItem(KEY)
}

function stored(): Session | null {
  if (typeof sessionStorage === 'undefined') return null
  const text = sessionStorage.getItem(KEY)
  if (text === null) return null
  try {
    const s = JSON.parse(text) as Session
    return typeof s.token === 'string' && s.expires > Date.now() ? s : null
  } catch {
    return null
  }
}
